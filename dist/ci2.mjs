const SYSTEMS = [
	{
		system: "GitHub Actions",
		mark: "GITHUB_ACTIONS",
		id: [
			"GITHUB_RUN_ID",
			"GITHUB_RUN_ATTEMPT",
			"GITHUB_JOB",
			"RUNNER_NAME"
		],
		label: "GITHUB_JOB",
		workspace: "GITHUB_WORKSPACE"
	},
	{
		system: "GitLab CI",
		mark: "GITLAB_CI",
		id: ["CI_JOB_ID"],
		label: "CI_JOB_NAME",
		workspace: "CI_PROJECT_DIR"
	},
	{
		system: "Buildkite",
		mark: "BUILDKITE",
		id: ["BUILDKITE_JOB_ID"],
		label: "BUILDKITE_LABEL",
		workspace: "BUILDKITE_BUILD_CHECKOUT_PATH"
	},
	{
		system: "CircleCI",
		mark: "CIRCLECI",
		id: ["CIRCLE_WORKFLOW_JOB_ID", "CIRCLE_NODE_INDEX"],
		label: "CIRCLE_JOB",
		workspace: "CIRCLE_WORKING_DIRECTORY"
	},
	{
		system: "Jenkins",
		mark: "JENKINS_URL",
		id: ["BUILD_TAG"],
		label: "JOB_NAME",
		workspace: "WORKSPACE"
	},
	{
		system: "Azure Pipelines",
		mark: "TF_BUILD",
		id: ["SYSTEM_JOBID"],
		label: "SYSTEM_JOBDISPLAYNAME",
		workspace: "BUILD_SOURCESDIRECTORY"
	},
	{
		system: "Bitbucket Pipelines",
		mark: "BITBUCKET_BUILD_NUMBER",
		id: ["BITBUCKET_STEP_UUID"],
		label: "BITBUCKET_REPO_SLUG",
		workspace: "BITBUCKET_CLONE_DIR"
	},
	{
		system: "Travis CI",
		mark: "TRAVIS",
		id: ["TRAVIS_JOB_ID"],
		label: "TRAVIS_JOB_NAME",
		workspace: "TRAVIS_BUILD_DIR"
	}
];
function ciJob(env) {
	let found = SYSTEMS.find(({ mark }) => env[mark]), ids = found?.id.flatMap((name) => env[name] || []);
	if (found && ids && ids.length !== 0) return {
		system: found.system,
		id: [found.system, ...ids].join(" "),
		label: env[found.label] || "a job",
		workspace: env[found.workspace]?.startsWith("~") ? void 0 : env[found.workspace] || void 0
	};
}
const isCi = (env) => SYSTEMS.some(({ mark }) => env[mark]) || /^(1|true)$/i.test(env.CI ?? "");
function ownerOf(env, host, pid) {
	let job = ciJob(env);
	return (job ? `${job.label} of ${job.id}` : `process ${pid} on ${host}`).replaceAll(/[^ -~]/g, "?").slice(0, 100);
}
export { isCi as n, ownerOf as r, ciJob as t };
