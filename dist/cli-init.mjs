import { Ct as Failure, Dt as sayKind, Ft as sayDuration, Nt as isoTime, Ot as tokensOf, U as secretStore, Y as parseLocation, g as maskInputs, gt as jsonObject, it as patiently, kt as Secret, nt as ApiProblem, p as whereabouts, rt as githubApi, tt as sealEnvelope, v as detect, x as githubContext, y as readInputs, z as maskSecrets } from "./common.mjs";
import { i as usage } from "./arguments.mjs";
import { n as exitCodeOf, t as EXIT } from "./exit-code.mjs";
import { t as asFailure } from "./as-failure2.mjs";
import { n as validate, t as sayVerdict } from "./validate2.mjs";
import { n as makeRootKey, r as parseKeys, t as deriveAccessKey } from "./keys.mjs";
import { n as Stopped, r as askNobody, t as wrap } from "./wrap.mjs";
import { t as seal } from "./sealed-box2.mjs";
import { t as keepLogin } from "./rescue.mjs";
import { t as accessPart$1 } from "./access-part.mjs";
const environmentPath = ({ base }, name) => `${base}/environments/${encodeURIComponent(name)}`, POLICY = { deployment_branch_policy: {
	protected_branches: !1,
	custom_branch_policies: !0
} };
async function readEnvironment(github, name, branch) {
	let path = environmentPath(github, name), answer = await github.call("GET", path, [
		200,
		403,
		404
	]);
	if (answer.status === 404) return readList(github);
	if (answer.status !== 200) return refusal(answer);
	let { deployment_branch_policy: policy } = jsonObject(answer) ?? {};
	if (!(policy instanceof Object)) return {
		type: "open",
		who: "every branch"
	};
	if (!policy.custom_branch_policies) return {
		type: "open",
		who: "every protected branch"
	};
	let named = await github.call("GET", `${path}/deployment-branch-policies?per_page=100`, [
		200,
		403,
		404
	]);
	if (named.status !== 200) return refusal(named);
	let list = jsonObject(named)?.branch_policies;
	if (!Array.isArray(list)) throw new ApiProblem(502, !0);
	let rules = list.map(({ name: rule, type = "branch" }) => ({
		name: String(rule),
		branch: type === "branch"
	}));
	if (rules.length === 0) return { type: "unfinished" };
	if (rules.length === 1 && rules[0]?.name === branch && rules[0].branch) return { type: "restricted" };
	let names = rules.map((rule) => rule.branch ? rule.name : `tag ${rule.name}`);
	return {
		type: "open",
		who: `${names.slice(0, 5).join(", ")}${names.length > 5 ? ", …" : ""}`
	};
}
async function readList(github) {
	let answer = await github.call("GET", `${github.base}/environments?per_page=1`, [
		200,
		403,
		404
	]);
	return answer.status === 200 ? { type: "absent" } : answer.status === 404 ? { type: "unavailable" } : refusal(answer);
}
function refusal(answer) {
	return saysPlan(answer) ? { type: "unavailable" } : {
		type: "hidden",
		permission: answer.headers["x-accepted-github-permissions"]
	};
}
const saysPlan = (answer) => /upgrade|billing|\bplan\b/i.test(String(jsonObject(answer)?.message ?? "")), saysForbidden = (answer) => /not accessible|admin rights|forbidden|permission/i.test(String(jsonObject(answer)?.message ?? "")), paths = () => process.getBuiltinModule("node:path"), fs = () => process.getBuiltinModule("node:fs");
function look(root, path, text) {
	let whole = inside(root, path), found;
	try {
		found = fs().readFileSync(whole, "utf8");
	} catch (error) {
		if (error.code === "ENOENT") return { type: "absent" };
		throw error;
	}
	return found.replaceAll("\r\n", "\n") === text ? { type: "same" } : {
		type: "other",
		text: found,
		ours: /\buses:\s*["']?[\w.-]+\/oauth-creds@/.test(found)
	};
}
function beside(root, path, text) {
	let { dir, name, ext } = paths().posix.parse(path);
	for (let count = 2;; count++) {
		let other = `${dir}/${name}-${count}${ext}`, present = look(root, other, text);
		if (present.type !== "other" || count === 99) return {
			path: other,
			present
		};
	}
}
function writeFile(root, path, text, replace) {
	let whole = inside(root, path);
	fs().mkdirSync(paths().dirname(whole), { recursive: !0 });
	try {
		fs().writeFileSync(whole, text, { flag: replace ? "w" : "wx" });
	} catch (error) {
		throw error.code === "EEXIST" ? new Failure("file-failed", `${path} was made by somebody else meanwhile.`, "Look at it, and run this again.") : error;
	}
}
function inside(root, path) {
	let { join, dirname, sep } = paths(), whole = join(root, path), existing = dirname(whole);
	for (; !fs().existsSync(existing);) existing = dirname(existing);
	let real = fs().realpathSync(existing), top = fs().realpathSync(root);
	if (!(fs().lstatSync(whole, { throwIfNoEntry: !1 })?.isSymbolicLink() ?? !1) && (real === top || real.startsWith(top + sep))) return whole;
	throw new Failure("unsafe-path", `${path} is, or lies behind, a symbolic link.`, "Replace the link by a folder of the working tree.");
}
function makeEnvironment(github, name, branch, there) {
	let path = environmentPath(github, name), rule = {
		name: branch,
		type: "branch"
	}, put = {
		method: "PUT",
		path,
		body: POLICY
	}, post = {
		method: "POST",
		path: `${path}/deployment-branch-policies`,
		body: rule
	};
	return {
		type: "environment",
		label: `environment ${name}`,
		title: `environment ${name}, for the branch ${branch} alone`,
		name,
		calls: there ? [post] : [put, post],
		async apply() {
			if (!there) {
				let answer = await github.call("PUT", path, [
					200,
					403,
					404,
					422
				], POLICY);
				if (answer.status !== 200 && saysPlan(answer)) throw sayNoEnvironments(name);
				if (answer.status !== 200) throw new ApiProblem(answer.status, !0, void 0, answer.headers["x-accepted-github-permissions"]);
			}
			await github.call("POST", post.path, [200, 303], rule);
		}
	};
}
const sayNoEnvironments = (name) => new Failure("secret-forbidden", `GitHub makes no environment ${name} here: private repositories have them from the plans Pro and Team on.`, "Say `--environment none` to keep the secrets in the repository, where every workflow can name them.");
function writeSecret(seen, value) {
	let { label, name, path, what, store, updatedAt } = seen;
	return {
		type: "secret",
		label,
		title: `${label}: ${what}${updatedAt === void 0 ? "" : `, replacing the one of ${isoTime(updatedAt).slice(0, 10)}`}`,
		name,
		calls: [{
			method: "PUT",
			path
		}],
		async apply() {
			if (!value) throw Error("a secret without a value");
			if ((await store.meta()).updatedAt !== updatedAt) throw new Failure("secret-elsewhere", `The ${label} was written by somebody else meanwhile, and is left as it is.`, "Run this again: it finds what is there.");
			let put = async () => store.put(seal(value.reveal(), await store.publicKey()));
			await put().catch(async (error) => {
				if (!(error instanceof ApiProblem) || error.status !== 422) throw error;
				await put();
			});
		}
	};
}
function writeWorkflow(root, file, replace) {
	return {
		type: "file",
		label: `file ${file.path}`,
		title: `file ${file.path}${replace ? ", replacing yours" : ""}`,
		name: file.path,
		calls: [],
		file: {
			path: file.path,
			text: file.text
		},
		apply: async () => writeFile(root, file.path, file.text, replace)
	};
}
function asData({ type, name, title, calls, file }) {
	return {
		type,
		name,
		title,
		calls,
		...file && {
			path: file.path,
			text: file.text
		}
	};
}
function sayProblem({ status, permission, waitMs }, label) {
	if (status === 401 || status === 403 || status === 404) {
		let takes = permission ? ` GitHub says that it takes: ${permission}.` : "";
		return new Failure("secret-forbidden", `GitHub answered ${status} to the ${label}.${takes}`, "");
	}
	let wait = waitMs === void 0 ? "" : `, and asks to wait ${Math.ceil(waitMs / 1e3)} s`, what = status === 0 ? "did not answer" : `answered ${status}${wait}`;
	return new Failure("github-unreachable", `GitHub's API ${what} (${label}).`, "");
}
async function carryOut(world, ask, changes) {
	let made = [], signals = world.holdSignals();
	try {
		for (let change of changes) {
			if (signals.signalledAt() !== void 0) throw new Failure("cancelled", "You stopped it.", "");
			await change.apply(), made.push(change);
			let text = `${change.label}: ${DONE[change.type]}`;
			made.length === 1 ? ask.say.step(text) : ask.say.done(text);
		}
	} catch (error) {
		let cause = error instanceof ApiProblem ? sayProblem(error, changes[made.length]?.label ?? "") : asFailure(error);
		throw new Failure(cause.code, `${cause.message} ${sayState(made, changes.slice(made.length))}`, advise(cause, made));
	} finally {
		signals.release();
	}
}
const DONE = {
	environment: "made",
	secret: "stored",
	file: "written",
	check: "may write there"
};
function sayState(made, left) {
	let isMade = ({ type }) => type !== "check", done = made.filter(isMade).map(({ label }) => label), open = left.filter(isMade).map(({ label }) => label), list = (labels) => labels.map((label) => `\n  - ${label}`).join("");
	return `${done.length > 0 ? `Made:${list(done)}\n` : "Nothing was made. "}Not made:${list(open)}\n`;
}
function advise({ advice }, made) {
	return [advice, made.length > 0 ? "Then run `oauth-creds init` again: it finds what is there, and makes the rest." : "Then run `oauth-creds init` again."].filter(Boolean).join(" ");
}
function topologies({ provider, public: open, environments }) {
	let setup = {
		value: "setup-token",
		label: "Setup token",
		reason: "one secret, good for a year, nothing to renew; inference only"
	}, ledger = {
		value: "ledger",
		label: "Login, shared by a ledger",
		reason: open ? "many jobs; the record is public, as ciphertext" : `any number of jobs; ${environments === !1 ? "no personal access token needed" : "agents never see what renews it"}`
	}, rotation = {
		value: "rotation",
		label: "Login, renewed in its secret",
		reason: "one workflow renews; needs a token that may write secrets"
	}, logins = open ? [rotation, ledger] : [ledger, rotation];
	return provider === "anthropic" ? [setup, ...logins] : logins;
}
function instead$1({ provider, public: open }) {
	if (!(provider !== "openai" || open)) return "With a ChatGPT Business or Enterprise plan, a Codex access token (in the variable CODEX_ACCESS_TOKEN) or an API key (CODEX_API_KEY) is the recommended way: neither has to be renewed, and neither needs this set-up.";
}
const PROVIDERS = [{
	value: "anthropic",
	label: "Claude",
	reason: "Claude Code, with a Claude subscription"
}, {
	value: "openai",
	label: "ChatGPT",
	reason: "Codex, with a ChatGPT plan; private repositories only"
}], SECRETS = {
	"setup-token": (prefix) => [{
		name: `${prefix}_SETUP_TOKEN`,
		place: "repository",
		holds: "credential",
		what: "the setup token"
	}],
	rotation: (prefix, environment) => {
		let place = environment ? "environment" : "repository";
		return [
			{
				name: `${prefix}_SECRETS_TOKEN`,
				place,
				holds: "secrets-token",
				what: "a token that may write secrets"
			},
			...environment ? [accessPart(prefix)] : [],
			{
				name: `${prefix}_LOGIN`,
				place,
				holds: "credential",
				what: "the login, with what renews it"
			}
		];
	},
	ledger: (prefix, environment) => {
		let place = environment ? "environment" : "repository";
		return [
			{
				name: "OAUTH_CREDS_ACCESS_KEY",
				place: "repository",
				holds: "access-key",
				what: "the ledger's access key, which reads"
			},
			{
				name: "OAUTH_CREDS_KEY",
				place,
				holds: "root-key",
				what: "its root key, which renews"
			},
			{
				name: `${prefix}_LOGIN`,
				place,
				holds: "credential",
				what: "the login; it only begins the ledger"
			}
		];
	}
}, accessPart = (prefix) => ({
	name: `${prefix}_ACCESS`,
	place: "repository",
	holds: "access-part",
	what: "its access token, for all other jobs"
});
function prefixOf(id, account) {
	return `${id}${account === "default" ? "" : `_${account.replace(/[^A-Za-z0-9]/g, "_")}`}`.toUpperCase();
}
function github(world, apiUrl, repository, token, userAgent) {
	let once = githubApi(world, apiUrl, token, userAgent);
	return {
		repository,
		base: `/repos/${repository}`,
		call(method, path, expected, body) {
			let deadline = world.now() + 3e4;
			return patiently(world, () => deadline, () => once(method, path, expected, body));
		}
	};
}
async function readFacts({ call, base, repository }, source, another = "Sign in again with `gh auth login`, or set GH_TOKEN to another one.") {
	let answer = await call("GET", base, [
		200,
		301,
		307,
		401,
		403,
		404
	]).catch((error) => {
		throw error instanceof ApiProblem ? sayUnreachable(error) : error;
	}), fields = jsonObject(answer) ?? {};
	if (answer.status !== 200) throw sayRefused(answer, repository, source, another);
	let { full_name: fullName, id, default_branch: branch, html_url: page } = fields;
	if (typeof fullName != "string" || typeof branch != "string" || typeof fields.private != "boolean") throw sayUnreachable(new ApiProblem(502, !0));
	let { visibility, permissions } = fields;
	return {
		fullName,
		id: String(id),
		defaultBranch: branch,
		public: !fields.private,
		fork: fields.fork === !0,
		visibility: typeof visibility == "string" ? visibility : fields.private ? "private" : "public",
		admin: typeof permissions?.admin == "boolean" ? permissions.admin : void 0,
		settings: `${typeof page == "string" ? page : fullName}/settings`,
		scopes: answer.headers["x-oauth-scopes"]?.split(",").map((scope) => scope.trim()),
		tokenEnds: tokenEnd(answer)
	};
}
function tokenEnd({ headers }) {
	let text = headers["github-authentication-token-expiration"], ms = text === void 0 ? NaN : Date.parse(text.replace(/ UTC$/, "Z").replace(" ", "T").replace(" ", ""));
	return Number.isNaN(ms) ? void 0 : ms;
}
const sayUnreachable = ({ status, waitMs }) => new Failure("github-unreachable", `GitHub's API ${status === 0 ? "did not answer" : `answered ${status}`}${waitMs === void 0 ? "" : `, and asks to wait ${Math.ceil(waitMs / 1e3)} s`}.`, "Try again later. Behind a proxy set HTTPS_PROXY; on a GitHub Enterprise Server check GITHUB_API_URL.");
function sayRefused({ status, headers }, repository, source, another) {
	let forbidden = (what, advice) => new Failure("secret-forbidden", what, advice);
	return status === 301 || status === 307 ? new Failure("input-invalid", `${repository} has another name now: it was renamed or moved.`, "Correct the remote (`git remote set-url`), or name it with `--repository`.") : status === 401 ? forbidden(`GitHub does not accept the token of ${source} (401): it was revoked, cut off, or has ended.`, another) : status === 403 && headers["x-github-sso"] ? forbidden(`The organisation wants the token of ${source} to be authorised for its single sign-on.`, "Authorise it under “Settings → Developer settings → Personal access tokens → Configure SSO”, or sign in again with `gh auth login`.") : forbidden(`The token of ${source} does not see ${repository} (${status}): it has no access to it, or there is no such repository.`, "Check the name. A fine-grained token has to name this repository; one of another account does not see a private one.");
}
async function decide(world, ask, wishes, facts, github) {
	let given = await givenCredential(world, wishes.account), named = world.env.INPUT_PROVIDER, provider = await ask.choice({
		message: "Whose login?",
		options: PROVIDERS,
		flag: {
			name: "provider",
			given: given?.provider ?? (named === "auto" ? void 0 : named),
			required: !0
		}
	}), publicRepository = provider === "openai" && facts.public ? await allowPublic(world, ask, facts) : !1, state = await stateOf(wishes, facts, github), environments = facts.public ? !0 : state && state.type === "unavailable" ? !1 : void 0, all = topologies({
		provider,
		public: facts.public,
		environments
	}), better = instead$1({
		provider,
		public: facts.public
	});
	better !== void 0 && ask.say.info(better);
	let topology = await ask.choice({
		message: "How do jobs get it?",
		options: fitting(all, given?.kind),
		flag: {
			name: "topology",
			given: wishes.topology
		},
		recommends: !0
	});
	return topology === "setup-token" || state === void 0 ? {
		provider,
		topology,
		environment: void 0,
		publicRepository
	} : {
		provider,
		topology,
		environment: await settle(ask, wishes, wishes.environment ?? "oauth-creds", state),
		publicRepository
	};
}
async function givenCredential(world, account) {
	let text = world.env.INPUT_CREDENTIAL;
	if (!text?.trim()) return;
	let { credential } = await detect(text, {
		provider: "auto",
		account,
		endsAt: void 0
	}, world.now());
	if (credential.provider === "custom") throw custom();
	return {
		provider: credential.provider,
		kind: credential.kind
	};
}
const custom = () => usage("`init` sets up logins of Claude and of ChatGPT. For another server start from examples/custom.yml.");
function fitting(all, kind) {
	return kind === void 0 ? all : all.filter(({ value }) => value === "setup-token" == (kind === "setup-token"));
}
async function allowPublic(world, ask, { fullName }) {
	if (world.env["INPUT_ALLOW-PUBLIC-REPOSITORY"] === "true") return !0;
	let what = `${fullName} is public, and OpenAI's guide for CI keeps the login of a ChatGPT plan out of public repositories: who may open a pull request may get near it.`;
	if (ask.interactive) {
		if (ask.say.warn(`${what} Use an API key there (CODEX_API_KEY).`), await ask.yes("Set it up all the same, and answer for it?", !1)) return !0;
		throw new Stopped(!1);
	}
	throw new Failure("public-repository", `${what} Nothing was changed.`, "Use an API key there (CODEX_API_KEY), or say `--allow-public-repository` if you answer for it.");
}
async function stateOf(wishes, facts, github) {
	let { environment = "oauth-creds" } = wishes;
	if (environment !== "none") return readEnvironment(github, environment, facts.defaultBranch);
}
async function settle(ask, wishes, name, state) {
	if (state.type === "unavailable") {
		if (wishes.environment !== void 0) throw usage(`There can be no environment ${name} here: private repositories have them from the plans Pro and Team on. Say \`--environment none\`.`);
		ask.say.warn("GitHub has no environments for this repository (private ones have them from the plans Pro and Team on). What renews the login becomes a secret of the repository, and every workflow in it can name it.");
	} else {
		if (state.type !== "open") return {
			name,
			state
		};
		if (ask.say.warn(`The environment ${name} is there, and can be used by more than the default branch: ${state.who}. Whoever may push there can read what renews the login. It is left as it is.`), await ask.choice({
			message: `Use ${name} all the same?`,
			options: [{
				value: "use",
				label: "Use it",
				reason: "then restrict it on its page, under Deployment branches"
			}, {
				value: "stop",
				label: "Stop here",
				reason: "to restrict it first, or to name another with --environment"
			}]
		}) === "stop") throw new Stopped(!1);
		return {
			name,
			state
		};
	}
}
function runOwn(args, env, capture) {
	let { spawn } = process.getBuiltinModule("node:child_process"), ignore = () => {};
	return process.on("SIGINT", ignore), new Promise((resolve, reject) => {
		let child = spawn(process.execPath, [
			...process.execArgv,
			process.argv[1] ?? "",
			...args
		], {
			env: { ...env },
			stdio: [
				"inherit",
				capture ? "pipe" : 2,
				"inherit"
			]
		}), stdout = "";
		child.stdout?.setEncoding("utf8").on("data", (text) => {
			stdout += text;
		}), child.once("error", (error) => reject(asFailure(error))), child.once("close", (status) => resolve({
			status: status ?? void 0,
			stdout
		}));
	}).finally(() => process.off("SIGINT", ignore));
}
async function examine(world, ask, plan, place) {
	let { credential, secretsToken, session, blueprint } = plan;
	if (!credential) return;
	let { environment, prefix } = blueprint, rotates = secretsToken !== void 0, login = `${environment === void 0 ? "" : `environment/${environment}/`}${prefix}_LOGIN`, own = Object.entries(world.env).filter(([name]) => !/^(INPUT_|OAUTH_CREDS_)/.test(name));
	ask.say.step("Now the doctor looks at it (`oauth-creds doctor --no-programs`):\n");
	let { status } = await runOwn(["doctor", "--no-programs"], {
		...Object.fromEntries(own),
		GITHUB_REPOSITORY: session.facts.fullName,
		GITHUB_REPOSITORY_ID: session.facts.id,
		GITHUB_API_URL: place.apiUrl,
		OAUTH_CREDS_CREDENTIAL: sealEnvelope(credential, void 0),
		OAUTH_CREDS_ACCOUNT: blueprint.account,
		...blueprint.expires && { OAUTH_CREDS_CREDENTIAL_EXPIRES: blueprint.expires },
		...blueprint.publicRepository && { OAUTH_CREDS_ALLOW_PUBLIC_REPOSITORY: "true" },
		...world.env.INPUT_VALIDATE && { OAUTH_CREDS_VALIDATE: world.env.INPUT_VALIDATE },
		...world.env["INPUT_USER-AGENT"] && { OAUTH_CREDS_USER_AGENT: world.env["INPUT_USER-AGENT"] },
		...rotates && {
			OAUTH_CREDS_ROTATE_TO: login,
			OAUTH_CREDS_SECRETS_TOKEN: secretsToken.token.reveal()
		}
	}, !1);
	return status === void 0 ? (ask.say.warn("The doctor was stopped. What was set up is there all the same."), "stopped") : (status !== 0 && ask.say.warn("The doctor found something (above). What was set up is there all the same."), status);
}
function storing(fresh, change) {
	return {
		...change,
		async apply() {
			await change.apply(), fresh.login = void 0;
		}
	};
}
function rescue(world, ask, { login }) {
	if (!login) return;
	let path = keepLogin(world, sealEnvelope(login, void 0));
	ask.say.warn(path === void 0 ? "You signed in, but nothing is stored, and no folder takes the login: it is lost. Sign in again." : `You signed in, but nothing is stored yet. It is kept in ${path}, for your user alone: run this again with \`--credential ${path}\`, and then remove the file.`);
}
function readRemotes(text) {
	let remotes = [];
	for (let line of text.split("\n")) {
		let found = /^(\S+)\t(.+) \(fetch\)(?: \[.*\])?$/.exec(line), address = found && parseAddress(found[2] ?? "");
		address && remotes.push({
			name: found[1] ?? "",
			...address
		});
	}
	return remotes;
}
function parseAddress(address) {
	let parts = address.includes("://") ? fromUrl(address) : fromScp(address);
	if (!parts) return;
	let [host, path] = parts, names = path.replace(/^\/+|\/+$/g, "").replace(/\.git$/, "");
	return /^[\w.-]+\/[\w.-]+$/.test(names) ? {
		host: canonical(host),
		repository: names
	} : void 0;
}
function fromUrl(address) {
	if (!/^(https?|ssh|git|git\+ssh|ssh\+git):/i.test(address) || !URL.canParse(address)) return;
	let { hostname, pathname } = new URL(address.replace(/^[a-z+]+:/i, "https:"));
	return hostname && !hostname.startsWith("[") ? [hostname, pathname] : void 0;
}
function fromScp(address) {
	let found = /^(?:[^/@:]+@)?([^/@:]{2,}):(.+)$/.exec(address);
	return found ? [found[1] ?? "", found[2] ?? ""] : void 0;
}
function canonical(host) {
	let lower = host.toLowerCase().replace(/\.$/, "");
	return lower === "ssh.github.com" || lower === "www.github.com" ? "github.com" : lower;
}
function apiUrlOf(host) {
	return host === "github.com" ? "https://api.github.com" : host.endsWith(".ghe.com") ? `https://api.${host}` : `https://${host}/api/v3`;
}
async function findRepository(world, ask, named) {
	let root = (await git(world, ["rev-parse", "--show-toplevel"]))?.trim();
	if (!root) throw usage("This is no working tree of git, and the workflows have to be written into one: run it in a clone.");
	let branch = (await git(world, [
		"symbolic-ref",
		"--quiet",
		"--short",
		"HEAD"
	]))?.trim() || void 0, remotes = readRemotes(await git(world, ["remote", "-v"]) ?? ""), remote = named === void 0 ? await pick(ask, remotes) : remoteOf(named, remotes), host = remote.host?.includes(".") ? remote.host : void 0, set = world.env.GITHUB_API_URL ? githubContext(world.env).apiUrl : void 0;
	if (remote.host && !host && !set) throw usage(`The remote ${remote.name} names ${remote.host}, which looks like an alias of your ssh configuration. Name the repository with \`--repository owner/name\` (on another server than github.com with GITHUB_API_URL).`);
	return {
		root,
		branch,
		repository: remote.repository,
		remote: remote.name,
		host,
		apiUrl: set ?? apiUrlOf(host ?? "github.com"),
		source: remote.name === void 0 ? "`--repository`" : `remote ${remote.name}`
	};
}
function remoteOf(named, remotes) {
	if (!/^[\w.-]+\/[\w.-]+$/.test(named)) throw usage("`--repository` takes `owner/name`.");
	let same = remotes.find(({ repository }) => repository.toLowerCase() === named.toLowerCase());
	return {
		name: void 0,
		host: same?.host.includes(".") ? same.host : void 0,
		repository: named
	};
}
async function pick(ask, remotes) {
	let keyOf = ({ host, repository }) => `${host}/${repository}`.toLowerCase(), sorted = remotes.toSorted((a, b) => Number(b.name === "origin") - Number(a.name === "origin")), different = sorted.filter((remote, index) => sorted.findIndex((other) => keyOf(other) === keyOf(remote)) === index), [first] = different;
	if (!first) throw usage("No remote of this clone is a repository of a GitHub server: name one with `--repository owner/name`.");
	if (different.length === 1) return first;
	if (!ask.interactive) {
		let names = different.map(({ repository }) => `\`--repository ${repository}\``).join(" or ");
		throw usage(`This clone has remotes of several repositories: say which one with ${names}.`);
	}
	let key = await ask.choice({
		message: "Which repository?",
		options: different.map((remote) => ({
			value: keyOf(remote),
			label: remote.repository,
			reason: `remote ${remote.name}${remote.host === "github.com" ? "" : ` on ${remote.host}`}`
		}))
	});
	return different.find((remote) => keyOf(remote) === key) ?? first;
}
async function git(world, args) {
	let ended = await world.run("git", args, { timeoutMs: 2e4 });
	if (ended.missing) throw new Failure("program-missing", "The program `git` is not installed, or not on the PATH.", "Install it.");
	return ended.status === 0 ? ended.stdout : void 0;
}
function asList({ changes, kept }) {
	return [...changes.filter(({ type }) => type !== "check").map(({ title }) => `+ ${title}`), ...kept.map((what) => `= ${what}, as it is`)];
}
function inFull({ changes, kept, session }) {
	let { fullName } = session.facts;
	return changes.length === 0 ? `Nothing would be changed in ${fullName}.\n\n${keptLines(kept)}`.trimEnd() : [
		`This would be changed in ${fullName}; nothing was.`,
		...changes.map(sayChange),
		keptLines(kept)
	].filter(Boolean).join("\n\n");
}
function sayChange({ title, calls, file }) {
	let asked = calls.map(({ method, path, body }) => `  ${method} ${path}\n       ${body ? JSON.stringify(body) : "{ encrypted_value, key_id }"}`), text = file?.text.trimEnd().split("\n").map((line) => `  | ${line}`.trimEnd());
	return [
		`+ ${title}`,
		...asked,
		...text ?? []
	].join("\n");
}
const keptLines = (kept) => kept.map((what) => `= ${what}, as it is`).join("\n");
function nextSteps(plan, { branch, remote = "origin" }) {
	let { changes, blueprint, session, renewing, using } = plan, files = changes.flatMap(({ file }) => file ? [file.path] : []), { topology, program, action, expires } = blueprint, { defaultBranch } = session.facts, steps = [];
	if (files.length > 0) {
		let where = branch === defaultBranch ? "" : `, and bring it to ${defaultBranch}`;
		steps.push(`Look at the workflows, then commit and push them${where}:\ngit add ${files.map((path) => `:/${path}`).join(" ")}\ngit commit -m "Use a ${program.name} login in CI"\ngit push`);
	}
	let refs = plan.sealed ?? [`refs/oauth-creds/v1/${program.provider}/${blueprint.account}`];
	refs.length > 0 && steps.push(`Delete what the old keys have sealed: no job can open it, and none replaces it. Every login in it has to be signed in anew:\ngit push ${remote} --delete ${refs.join(" ")}`);
	let nameOf = (path) => path.split("/").at(-1);
	if (session.facts.fork && steps.push("This is a fork: allow its workflows on the page “Actions”, GitHub keeps them switched off until then."), renewing !== void 0) {
		let only = topology === "ledger" ? "the ledger" : "GitHub";
		steps.push(`Run the renewal once by hand; from then on ${only} holds the only copy:\ngh workflow run ${nameOf(renewing)}`);
	}
	return using !== void 0 && steps.push(`Then try a job that uses it:\ngh workflow run ${nameOf(using)}`), action.startsWith("org/") && steps.push("This is a release candidate: in the workflows put the place where the action is published for `org`."), topology === "setup-token" && steps.push(expires ? `The token ends on ${expires}; from ten days before, jobs warn.` : "Note the day on which the token ends: a year after it was made."), steps;
}
async function takeCredential(world, ask, wish) {
	let given = world.env.INPUT_CREDENTIAL;
	if (given?.trim()) return judge(world, ask, given, wish, "input");
	if (!ask.interactive && !wish.signIn) throw new Failure("credential-missing", `There is no ${nameOf(wish)} to store.`, "Give it with `--credential FILE` (or `-` for stdin) or OAUTH_CREDS_CREDENTIAL, or sign in with `--sign-in`.");
	for (let first = !0;; first = !1) {
		let way = wish.signIn && first ? "sign-in" : await ask.choice(ways(wish));
		try {
			let credential = await judge(world, ask, await get(world, ask, wish, way), wish, way);
			return way === "sign-in" && wish.signedIn(credential), credential;
		} catch (error) {
			if (!(error instanceof Failure) || !ask.interactive) throw error;
			ask.say.warn(`${error.message} ${error.advice}`);
		}
	}
}
const nameOf = ({ topology, provider }) => topology === "setup-token" ? "setup token" : `${provider === "openai" ? "ChatGPT" : "Claude"} login`;
function ways(wish) {
	let { topology, provider } = wish, own = provider === "openai" ? "codex login" : topology === "setup-token" ? "claude setup-token" : "claude auth login", file = provider === "openai" ? "auth.json" : ".credentials.json";
	return {
		message: `Where is the ${nameOf(wish)}?`,
		recommends: !0,
		options: [
			{
				value: "sign-in",
				label: "Make it now",
				reason: "sign in once, for this repository alone"
			},
			{
				value: "paste",
				label: "Paste it",
				reason: `what \`${own}\` gave; not shown`
			},
			{
				value: "file",
				label: "Read a file",
				reason: topology === "setup-token" ? "with the token in it" : `such as ${file}`
			}
		]
	};
}
async function get(world, ask, wish, way) {
	if (way === "sign-in") return signIn(world, wish);
	if (way === "paste") {
		let text = await ask.paste(`Paste the ${nameOf(wish)}`, "it is not shown; Enter or ctrl-D ends it");
		if (!text?.trim()) throw usage("Nothing was pasted.");
		return text;
	}
	return readFile(await ask.text({
		message: "Which file?",
		standard: "",
		check: (value) => readFile(value) === void 0 ? "There is no such file." : void 0
	})) ?? "";
}
function readFile(path) {
	let { readFileSync } = process.getBuiltinModule("node:fs"), { homedir } = process.getBuiltinModule("node:os");
	try {
		return readFileSync(path.trim().replace(/^~(?=\/)/, homedir()), "utf8");
	} catch {
		return;
	}
}
async function signIn({ env }, { provider, topology }) {
	let { status, stdout } = await runOwn([
		"login",
		provider,
		...topology === "setup-token" ? ["--long-lived"] : [],
		"--output",
		"-"
	], onlyGives(env), !0);
	if (status === 0 && stdout.trim() !== "") return stdout;
	throw status === void 0 ? new Stopped(!0) : new Failure("credential-missing", "The sign-in gave no login.", "Try it again, or paste one.");
}
const NOT_ITS_OWN = /^(INPUT_|OAUTH_CREDS_(CREDENTIAL|TARGETS|ROTATE_TO|CREATE_SECRETS|SECRETS_TOKEN|GITHUB_TOKEN|LEDGER.*)$)/, onlyGives = (env) => Object.fromEntries(Object.entries(env).filter(([name]) => !NOT_ITS_OWN.test(name)));
async function judge(world, ask, text, wish, way) {
	let expected = {
		provider: wish.provider,
		account: wish.account,
		endsAt: wish.endsAt
	}, { credential, stored, notices, warnings } = await detect(text, expected, world.now());
	maskSecrets(world.runner, tokensOf(credential));
	for (let notice of notices) ask.say.info(notice);
	for (let warning of warnings) ask.say.warn(warning);
	let unfit = whyUnfit(credential, wish, world.now());
	if (unfit) throw unfit;
	if (stored || credential.shared) throw new Failure("secret-elsewhere", `This is a copy that oauth-creds has stored${stored ? ` (the secret ${stored.location.name} of ${stored.location.repository})` : ""}: two places that renew one login would end it.`, "Sign in once more, for this repository alone.");
	return way !== "sign-in" && await refuseOwn(world, ask, credential, wish), ask.say.step(`${sayKind(credential)}${credential.plan ? ` (plan: ${credential.plan})` : ""}${sayEnd$1(credential)}`), await checkOnline(world, ask, credential, wish), credential;
}
const sayEnd$1 = ({ kind, accessExpiresAt, loginExpiresAt }) => {
	let end = kind === "setup-token" ? accessExpiresAt : loginExpiresAt;
	return end === void 0 ? "" : `, until ${isoTime(end).slice(0, 10)}`;
};
function whyUnfit(credential, { topology, provider }, now) {
	let { kind, loginExpiresAt, accessExpiresAt } = credential, unusable = (what, advice) => new Failure("credential-unusable", what, advice);
	if (topology === "setup-token" && kind !== "setup-token") return unusable(`This is a ${sayKind(credential)}, not a setup token.`, "Make one with `claude setup-token`, or choose another way: `--topology ledger` or `--topology rotation`.");
	if (topology !== "setup-token" && kind !== "login") return unusable(`This is a ${sayKind(credential)}, which cannot be renewed.`, kind === "setup-token" ? "It needs no renewing: choose `--topology setup-token`." : `Paste the whole file that the sign-in made (${provider === "openai" ? "auth.json" : ".credentials.json"}).`);
	let end = kind === "setup-token" ? accessExpiresAt : loginExpiresAt;
	if (end !== void 0 && end <= now) return new Failure("credential-ended", `It ended on ${isoTime(end).slice(0, 10)}.`, "Sign in once more.");
}
async function refuseOwn(world, ask, { refresh }, wish) {
	if (!refresh) return;
	let { join } = process.getBuiltinModule("node:path"), { env, home } = whereabouts(world, {}), path = wish.provider === "openai" ? join(env.CODEX_HOME || join(home, ".codex"), "auth.json") : join(env.CLAUDE_CONFIG_DIR || join(home, ".claude"), ".credentials.json");
	if (!readFile(path)?.includes(refresh.reveal()) || wish.force || !world.files.exists(path)) return;
	let what = "This is the login that the program on this machine uses. Both would renew it, and the second one to do so ends it for both.";
	if (!(ask.interactive && (ask.say.warn(what), await ask.yes("Store it all the same?", !1)))) throw new Failure("credential-unusable", what, "Sign in once more for the repository.");
}
async function checkOnline(world, ask, credential, wish) {
	let { accessExpiresAt } = credential, over = credential.kind === "login" && accessExpiresAt !== void 0 && accessExpiresAt <= world.now();
	if (!wish.online || over || !credential.access) return;
	let verdict = await validate(world, credential, {
		tokenUrl: void 0,
		clientId: void 0,
		clientSecret: void 0,
		scope: void 0,
		userAgent: world.env["INPUT_USER-AGENT"] || "oauth-creds/0.1.0",
		requestFormat: void 0,
		timeoutMs: 25e3
	}), saying = verdict && sayVerdict(verdict, credential);
	if (saying?.level === "failure") throw saying.failure;
	saying?.level === "log" ? ask.say.step(saying.text) : saying && ask.say.warn(saying.text);
}
function difference(theirs, ours, most = 12) {
	let [a, b] = [linesOf(theirs).slice(0, LONGEST), linesOf(ours)], lengths = commonLengths(a, b), rows = [], [i, j] = [0, 0];
	for (; i < a.length || j < b.length;) i < a.length && j < b.length && a[i] === b[j] ? (i++, j++) : j >= b.length || i < a.length && at(lengths, i + 1, j) >= at(lengths, i, j + 1) ? rows.push(`- ${a[i++]}`) : rows.push(`+ ${b[j++]}`);
	let shown = rows.length > most ? [...rows.slice(0, most), `… and ${rows.length - most} more`] : rows, removed = rows.filter((row) => row.startsWith("-")).length;
	return [`${removed} lines only there, ${rows.length - removed} only in ours:`, ...shown];
}
const LONGEST = 2e3, linesOf = (text) => text.split("\n").map((line) => line.trimEnd()).filter((line) => line !== "");
function commonLengths(a, b) {
	let lengths = Array.from({ length: a.length + 1 }, () => Array.from({ length: b.length + 1 }, () => 0));
	for (let i = a.length - 1; i >= 0; i--) {
		let row = lengths[i];
		for (let j = b.length - 1; j >= 0; j--) row[j] = a[i] === b[j] ? at(lengths, i + 1, j + 1) + 1 : Math.max(at(lengths, i + 1, j), at(lengths, i, j + 1));
	}
	return lengths;
}
const at = (lengths, i, j) => lengths[i]?.[j] ?? 0;
function endInWorkflows(root, prefix) {
	let { join } = process.getBuiltinModule("node:path"), { existsSync, readdirSync, readFileSync } = process.getBuiltinModule("node:fs"), folder = join(root, ".github", "workflows"), entries = existsSync(folder) ? readdirSync(folder, { withFileTypes: !0 }) : [], named = RegExp(`secrets\\.${prefix}_SETUP_TOKEN \\}\\}\\s+credential-expires: "(\\d{4}-\\d\\d-\\d\\d)"`);
	return entries.filter((entry) => entry.isFile() && /\.ya?ml$/.test(entry.name)).map(({ name }) => named.exec(readFileSync(join(folder, name), "utf8"))?.[1]).find((day) => day !== void 0);
}
async function placeFiles(ask, root, files) {
	let toWrite = [], kept = [], paths = {};
	for (let wanted of files) {
		let chosen = await place(ask, root, wanted);
		chosen.kept === void 0 ? toWrite.push({
			file: chosen.file,
			replace: chosen.replace
		}) : kept.push(chosen.kept), paths[wanted.renews ? "renewing" : "using"] = chosen.file.path;
	}
	return {
		toWrite,
		kept,
		renewing: paths.renewing,
		using: paths.using
	};
}
const bodyOf = (text) => text.replace(/^(#.*\n)+/, "");
async function place(ask, root, file) {
	let present = look(root, file.path, file.text);
	if (present.type === "absent") return {
		file,
		replace: !1
	};
	if (present.type === "same") return {
		file,
		replace: !1,
		kept: `file ${file.path}`
	};
	let other = beside(root, file.path, file.text), moved = {
		...file,
		path: other.path
	};
	if (other.present.type === "same") return {
		file: moved,
		replace: !1,
		kept: `file ${other.path}`
	};
	let changed = {
		file,
		replace: !1,
		kept: `file ${file.path}, with changes of yours`
	};
	ask.say.note(`${file.path} is there, and differs from what would be written`, difference(bodyOf(present.text), bodyOf(file.text)));
	let keepIt = {
		value: "keep",
		label: "Keep it",
		reason: present.ours ? "it uses oauth-creds already" : "and write none"
	}, putBeside = {
		value: "beside",
		label: "Write beside it",
		reason: `as ${other.path}`
	}, answer = await ask.choice({
		message: `${file.path}?`,
		options: [...present.ours ? [keepIt, putBeside] : [putBeside, keepIt], {
			value: "replace",
			label: "Replace it",
			reason: "git keeps the old one, if it was committed"
		}]
	});
	return answer === "keep" ? changed : answer === "replace" ? {
		file,
		replace: !0
	} : {
		file: moved,
		replace: !1
	};
}
const PLACES = ["oauth-creds/", "heads/oauth-creds/"], OURS = /^refs\/(heads\/)?oauth-creds\/[\w./-]+$/;
async function ledgerRefs({ call, base }) {
	let refs = [];
	for (let place of PLACES) {
		let { status, body } = await call("GET", `${base}/git/matching-refs/${place}`, [
			200,
			403,
			404,
			409
		]);
		if (status === 409) return [];
		if (status !== 200) return;
		refs.push(...namesIn(body).filter((ref) => OURS.test(ref)));
	}
	return refs;
}
function namesIn(body) {
	try {
		return JSON.parse(body).map(({ ref }) => String(ref));
	} catch {
		throw new ApiProblem(502, !0);
	}
}
async function keep(ask, seen, { force, newKeys }, rootKey, github) {
	let there = seen.filter(({ updatedAt }) => updatedAt !== void 0), keys = there.filter(({ holds }) => holds === "root-key" || holds === "access-key"), replaced = new Set(force ? there.filter((secret) => !keys.includes(secret)) : []), [root, access] = [find(seen, "root-key"), find(seen, "access-key")], login = find(seen, "credential"), part = find(seen, "access-part"), token = find(seen, "secrets-token"), sealed = [];
	if (root && access && keys.length > 0) {
		let fate = newKeys ? "new" : await fateOfKeys(ask, root, access, rootKey, github);
		for (let key of fate === "kept" ? [] : keys) replaced.add(key);
		fate === "new" && (sealed = await ledgerRefs(github), login?.updatedAt !== void 0 && replaced.add(login));
	}
	for (let secret of [login, token]) secret && secret.updatedAt !== void 0 && !replaced.has(secret) && await ask.yes(`${capital(secret)} is there, of ${dayOf(secret)}. Replace it?`, !1) && replaced.add(secret);
	return part?.updatedAt !== void 0 && login && (login.updatedAt === void 0 || replaced.has(login)) && replaced.add(part), {
		replaced,
		sealed
	};
}
const find = (seen, what) => seen.find(({ holds }) => holds === what), capital = ({ label }) => `The ${label}`, dayOf = ({ updatedAt = 0 }) => isoTime(updatedAt).slice(0, 10);
async function fateOfKeys(ask, root, access, rootKey, github) {
	if (root.updatedAt !== void 0 && access.updatedAt !== void 0) return "kept";
	let [half, missing] = root.updatedAt === void 0 ? [access, root] : [root, access], ring = parseKeys(rootKey ?? "");
	if (typeof ring != "string" && ring.root.length > 0) return half === access ? "replaced" : "kept";
	if (half === access && (await ledgerRefs(github))?.length === 0) return ask.say.warn(`There is no ${root.label} for the ${access.label}, and no ledger here either: a new pair is made.`), "replaced";
	let what = `The ${half.label} is there, and the ${missing.label} is not: a pair of keys belongs together.`;
	if (ask.interactive && (ask.say.warn(`${what} If you have the root key, stop and give it with --ledger-key FILE.`), await ask.yes("Make a new pair? What the old one has sealed can then not be opened.", !1))) return "new";
	throw new Failure("input-invalid", `${what} Nothing was changed.`, "Give the root key with `--ledger-key FILE` (or OAUTH_CREDS_LEDGER_KEY), or make a new pair with `--new-keys`: what the old one has sealed can then not be opened, and its refs have to be deleted by hand (they are named).");
}
async function lookAtSecrets(world, github, facts, secrets, environment) {
	return Promise.all(secrets.map(async (secret) => {
		let within = secret.place === "environment" ? environment : void 0, store = storeOf(world, github, facts, secret, within?.name), list = listPath(github, within?.name), there = within === void 0 || within.there;
		return {
			...secret,
			store,
			label: `secret ${secret.name} (${within ? `environment ${within.name}` : "repository"})`,
			path: `${list}/${secret.name}`,
			updatedAt: there ? (await store.meta()).updatedAt : void 0
		};
	}));
}
const listPath = (github, environment) => environment === void 0 ? `${github.base}/actions/secrets` : `${environmentPath(github, environment)}/secrets`;
function storeOf(world, github, { fullName, id }, { name }, environment) {
	let entry = environment === void 0 ? name : `environment/${environment}/${name}`, here = githubContext({
		GITHUB_REPOSITORY: fullName,
		GITHUB_REPOSITORY_ID: id
	}), location = parseLocation(entry, here);
	if (!("label" in location)) throw new Failure("input-invalid", `${entry} cannot be the name of a secret.`, "Choose another `--account`.");
	return secretStore(world, location, here, github.call, { path: listPath(github, environment) });
}
function missingScope({ scopes }, token) {
	if (/^gh[op]_/.test(token.reveal()) && scopes && !scopes.includes("repo")) return {
		permission: "scope `repo`",
		why: `to set secrets; it has ${scopes.filter(Boolean).join(", ") || "none"}`,
		said: void 0
	};
}
async function prove(world, github, facts, wanted) {
	let { repositorySecrets, environment } = wanted, missing = [], noEnvironments = !1, lacks = (permission, why, answer) => void missing.push({
		permission,
		why,
		said: answer.headers["x-accepted-github-permissions"]
	});
	if (repositorySecrets) {
		let refusal = await tryToWrite(world, github, `${github.base}/actions/secrets`);
		refusal && lacks("Secrets: read and write", "to store secrets", refusal);
	}
	let { type } = environment?.state ?? {};
	if (environment && (type === "absent" || type === "unfinished" || type === "hidden")) {
		let path = environmentPath(github, environment.name), answer = await github.call("PUT", path, [
			200,
			403,
			404,
			422
		], { deployment_branch_policy: {
			protected_branches: !0,
			custom_branch_policies: !0
		} }), byPlan = answer.status === 404 && facts.admin === !0 && !saysForbidden(answer);
		noEnvironments = answer.status !== 200 && (saysPlan(answer) || byPlan);
		let forbidden = answer.status === 403 || answer.status === 404;
		!noEnvironments && forbidden && lacks("Administration: read and write", `to make the environment ${environment.name}`, answer), environment.state.type === "hidden" && missing.push({
			permission: "Actions: read",
			why: `to see who may use the environment ${environment.name}`,
			said: environment.state.permission
		});
	}
	if (environment && type !== "absent" && !noEnvironments) {
		let refusal = await tryToWrite(world, github, `${environmentPath(github, environment.name)}/secrets`);
		refusal && lacks("Environments: read and write", "to store the environment's secrets", refusal);
	}
	return {
		missing,
		noEnvironments
	};
}
async function tryToWrite(world, { call }, path) {
	let asked = await call("GET", `${path}/public-key`, [
		200,
		403,
		404
	]);
	if (asked.status !== 200) return asked;
	let body = {
		encrypted_value: Buffer.from(world.random(96)).toString("base64"),
		key_id: String(jsonObject(asked)?.key_id)
	}, answer = await call("PUT", `${path}/OAUTH_CREDS_PROBE`, [
		201,
		204,
		400,
		403,
		404,
		422
	], body);
	return answer.status === 403 || answer.status === 404 ? answer : void 0;
}
function sayMissing(missing, facts, token, source) {
	let what = `The token of ${source} lacks ${missing.map(({ permission, why, said }) => `“${permission}”, ${why}${said ? ` (GitHub says that it takes: ${said})` : ""}`).join("; ")}. Nothing was changed.`;
	return new Failure("secret-forbidden", what, adviseOn(facts, token));
}
function adviseOn({ admin, fullName, scopes }, token) {
	if (admin === !1) return `Its owner does not administer ${fullName}: ask somebody who does, or let them run this.`;
	let text = token.reveal();
	return text.startsWith("gho_") && scopes && !scopes.includes("repo") ? "Get it with `gh auth refresh --scopes repo`, and run this again." : text.startsWith("ghp_") && scopes && !scopes.includes("repo") ? "Edit the token under “Settings → Developer settings → Personal access tokens”, and run this again." : "Add it to the token under “Settings → Developer settings → Personal access tokens → Fine-grained tokens”, or sign in with `gh auth login` and run this without GH_TOKEN.";
}
function findRootKey(world, ask, { saveKey, newKeys }, { fullName }, root, seen) {
	let key = world.env["INPUT_LEDGER-KEY"]?.trim() || void 0, keys = seen.filter(({ holds }) => holds === "root-key" || holds === "access-key");
	if (saveKey !== void 0 && (key !== void 0 || keys.length === 0)) throw usage("`--save-key` saves a ledger's root key that is made: not one of `--ledger-key`, and none of another way.");
	let whole = keys.every(({ updatedAt }) => updatedAt !== void 0);
	if (key !== void 0 || whole && !newKeys) return saveKey !== void 0 && ask.say.warn("The ledger's keys are there, and cannot be read: none is saved."), {
		key,
		path: void 0
	};
	let path = placeOfCopy(world, ask, saveKey, fullName, root);
	if (path === void 0 || !world.files.exists(path)) return {
		key,
		path
	};
	let saved = newKeys ? void 0 : oneRootKey(world.files.read(path) ?? "");
	if (saved !== void 0) return {
		key: saved,
		path
	};
	throw usage(`${path} is there already, ${newKeys ? "and may hold the key that is replaced" : "and holds no root key"}: name another file in \`--save-key\`.`);
}
function placeOfCopy({ env }, { interactive }, saveKey, fullName, root) {
	let { join, relative, resolve, isAbsolute } = process.getBuiltinModule("node:path"), { homedir } = process.getBuiltinModule("node:os");
	if (saveKey === void 0 && !interactive) return;
	let name = `oauth-creds-${fullName.replace("/", "-")}.key`, path = resolve(saveKey ?? join(env.HOME || homedir(), name)), below = relative(root, path);
	if (below.startsWith("..") || isAbsolute(below)) return path;
	if (saveKey !== void 0) throw usage(`${path} is in the working tree, where a root key could be committed: name another in \`--save-key\`.`);
}
function oneRootKey(text) {
	let ring = parseKeys(text.trim());
	return typeof ring != "string" && ring.root.length === 1 && ring.access.length === 0 ? text.trim() : void 0;
}
async function wantsCopy(ask, { saveKey }, path) {
	if (saveKey !== void 0) return !0;
	let why = "The secret OAUTH_CREDS_KEY shows the ledger's root key to nobody, and `oauth-creds key --roll-over` needs it.";
	return path === void 0 ? (ask.say.warn(`${why} \`--save-key FILE\` keeps a copy of the one that is made now.`), !1) : ask.yes(`${why} Save it in ${path}, too?`, !0);
}
function saveRootKey({ files }, path, key) {
	return {
		type: "file",
		label: `file ${path}`,
		title: `file ${path}: the ledger's root key, for you to keep where you keep passwords`,
		name: path,
		calls: [],
		async apply() {
			try {
				files.openNew(path).commit(`${key.reveal()}\n`);
			} catch (error) {
				let { code = "unknown" } = error;
				throw new Failure("file-failed", `The file ${path} cannot be made (${code}).`, "Name another one with `--save-key`, in a folder that exists and that you may write.");
			}
		}
	};
}
const SOURCE = "`secrets-token`";
function howToMake(facts, environment, hosted) {
	let permissions = environment === void 0 ? ["Secrets"] : ["Secrets", "Environments"], [owner = "", name = ""] = facts.fullName.split("/"), query = new URLSearchParams({
		name: `oauth-creds ${name}`.slice(0, 40),
		description: `Renews the login in ${facts.fullName}`,
		target_name: owner,
		expires_in: "90",
		secrets: "write",
		...environment !== void 0 && { environments: "write" }
	}), page = hosted ? `https://github.com/settings/personal-access-tokens/new?${query}` : void 0;
	return [
		"GITHUB_TOKEN can never write secrets, so the workflow needs a token of its own:",
		"a fine-grained personal access token, with an end date, for this repository alone",
		`(“Only select repositories”: ${facts.fullName}), with the permissions`,
		...permissions.map((permission) => `  ${permission}: read and write`),
		...page ? ["", page] : ["", "Settings → Developer settings → Personal access tokens → Fine-grained tokens"]
	];
}
async function takeSecretsToken(world, ask, connect, facts, hosted, environment) {
	let given = world.env["INPUT_SECRETS-TOKEN"]?.trim(), there = environment?.there ? environment.name : void 0;
	if (given) return check(world, ask, new Secret(given), connect, there);
	if (!ask.interactive) throw usage("This way of renewing needs a token that may write secrets: `--secrets-token FILE` (or `-`), or OAUTH_CREDS_SECRETS_TOKEN.");
	for (ask.say.note("A token that may write secrets", howToMake(facts, environment?.name, hosted));;) {
		let text = (await ask.paste("Paste the token", "it is not shown; Enter or ctrl-D ends it"))?.replace(/\s+/g, "") ?? "";
		try {
			if (text === "") throw usage("Nothing was pasted.");
			return await check(world, ask, new Secret(text), connect, there);
		} catch (error) {
			if (!(error instanceof Failure) || error.code === "github-unreachable") throw error;
			ask.say.warn(`${error.message} ${error.advice}`);
		}
	}
}
async function check(world, ask, token, connect, environment) {
	let text = token.reveal();
	if (world.runner.mask([text]), !/^[!-~]+$/.test(text)) throw usage("`secrets-token` holds a character that no token has.");
	if (/^gh[su]_/.test(text)) throw usage("`secrets-token` is a token that ends within hours. For a GitHub App, let the workflow make one with `actions/create-github-app-token` instead (see examples/rotate.yml).");
	let github = connect(token), facts = await readFacts(github, SOURCE, "Make another one, and copy it whole."), scope = missingScope(facts, token);
	if (scope) throw sayMissing([scope], facts, token, SOURCE);
	/^gh[op]_/.test(text) && ask.say.warn(`${text.startsWith("gho_") ? "This is a sign-in of gh: it ends when you sign out there, and it" : "A classic token"} may do much more than write secrets. A fine-grained one is better.`);
	let weak = await refuseWeak(world, {
		token,
		facts,
		github
	}, environment);
	if (weak) throw weak;
	return sayEnd(world, ask, facts), {
		token,
		facts,
		github
	};
}
function sayEnd(world, ask, { tokenEnds }) {
	if (tokenEnds === void 0) return;
	let left = tokenEnds - world.now(), when = `${SOURCE} ends on ${isoTime(tokenEnds).slice(0, 10)} (in ${sayDuration(left)})`;
	left < 12096e5 ? ask.say.warn(`${when}: after that nothing is renewed until you store another one.`) : ask.say.step(`${when}. Note the day: after it nothing is renewed until you store another one.`);
}
async function refuseWeak(world, { token, facts, github }, environment) {
	let places = [["Secrets: read and write", `${github.base}/actions/secrets`]];
	environment !== void 0 && places.push(["Environments: read and write", `${environmentPath(github, environment)}/secrets`]);
	let missing = [];
	for (let [permission, path] of places) {
		let refusal = await tryToWrite(world, github, path), said = refusal?.headers["x-accepted-github-permissions"];
		refusal && missing.push({
			permission,
			why: "to store a renewed login",
			said
		});
	}
	return missing.length > 0 ? sayMissing(missing, facts, token, SOURCE) : void 0;
}
const VARIABLES = {
	hosted: ["GH_TOKEN", "GITHUB_TOKEN"],
	server: ["GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN"]
};
async function findToken(world, host) {
	let { env, run } = world, given = env["INPUT_GITHUB-TOKEN"]?.trim();
	if (given) return {
		token: new Secret(given),
		source: "`--github-token`"
	};
	let hosted = host === void 0 || host === "github.com" || host.endsWith(".ghe.com");
	for (let name of VARIABLES[hosted ? "hosted" : "server"]) {
		let value = env[name]?.trim();
		if (value) return {
			token: new Secret(value),
			source: `the variable ${name}`
		};
	}
	let asked = await run("gh", [
		"auth",
		"token",
		...host ? ["--hostname", host] : []
	], { timeoutMs: 1e4 }), token = asked.status === 0 ? asked.stdout.trim() : "";
	return /^[!-~]+$/.test(token) ? {
		token: new Secret(token),
		source: "`gh`"
	} : void 0;
}
function sayKindOf(token) {
	let text = token.reveal();
	return text.startsWith("github_pat_") ? "a fine-grained personal access token" : text.startsWith("ghp_") ? "a classic personal access token" : text.startsWith("gho_") ? "a sign-in of gh" : text.startsWith("ghs_") ? "a GitHub App's token, or a job's own" : text.startsWith("ghu_") ? "a GitHub App's token for a user" : "a token";
}
async function openSession(world, ask, place) {
	let found = await findToken(world, place.host);
	if (found) try {
		return await connect(world, ask, place, found);
	} catch (error) {
		if (!ask.interactive || !isRefusal(error)) throw error;
		ask.say.warn(`${error.message} ${error.advice}`);
	}
	else if (!ask.interactive) throw new Failure("secret-forbidden", "There is no GitHub token: neither GH_TOKEN is set, nor is somebody signed in with `gh`.", "Sign in with `gh auth login`, or give one with `--github-token FILE`.");
	return anotherSession(world, ask, place);
}
async function anotherSession(world, ask, place) {
	for (;;) {
		let text = await ask.paste("Paste a GitHub token that may set secrets here", "not shown, and kept nowhere; or ctrl-C, and `gh auth login`");
		try {
			let token = text?.replace(/\s+/g, "") ?? "";
			if (!/^[!-~]+$/.test(token)) throw usage("That is no token.");
			return await connect(world, ask, place, {
				token: new Secret(token),
				source: "what you pasted"
			});
		} catch (error) {
			if (!isRefusal(error)) throw error;
			ask.say.warn(`${error.message} ${error.advice}`);
		}
	}
}
const isRefusal = (error) => error instanceof Failure && (error.code === "secret-forbidden" || error.code === "input-invalid");
async function connect(world, ask, place, found) {
	let { token, source } = found;
	world.runner.mask([token.reveal()]);
	let userAgent = world.env["INPUT_USER-AGENT"] || "oauth-creds/0.1.0", withToken = (other) => github(world, place.apiUrl, place.repository, other, userAgent), own = withToken(token), facts = await readFacts(own, source), scope = missingScope(facts, token);
	if (scope) throw sayMissing([scope], facts, token, source);
	let admin = facts.admin === !1 ? "; its owner does not administer the repository" : "";
	return ask.say.step(`${facts.fullName}: ${facts.visibility}, default branch ${facts.defaultBranch} (${place.source})`), ask.say.step(`GitHub token: ${source} (${sayKindOf(token)}${admin})`), {
		found,
		facts,
		github: own,
		connect: withToken
	};
}
function valuesOf(world, holds, credential, secretsToken, rootKey) {
	return {
		...holds.has("root-key") || holds.has("access-key") ? keys(world, rootKey) : {},
		...secretsToken && { "secrets-token": secretsToken },
		...credential && { credential: storable(credential) },
		...credential?.kind === "login" && credential.access ? { "access-part": new Secret(sealEnvelope(accessPart$1(credential), void 0)) } : {}
	};
}
function storable(credential) {
	return (credential.kind === "setup-token" ? credential.access : void 0) ?? new Secret(sealEnvelope(credential, void 0));
}
function keys(world, given) {
	let text = given ?? makeRootKey((bytes) => world.random(bytes)), ring = parseKeys(text);
	if (typeof ring == "string") throw usage(ring);
	let [root] = ring.root;
	if (!root || ring.root.length > 1) throw usage("`--ledger-key` takes one root key (ocr1_…) here.");
	let pair = {
		"root-key": new Secret(text),
		"access-key": new Secret(deriveAccessKey(root))
	};
	return world.runner.mask(Object.values(pair).map((key) => key.reveal())), pair;
}
const PROGRAMS = {
	anthropic: {
		id: "claude",
		name: "Claude",
		provider: "anthropic",
		install: "npm install --global @anthropic-ai/claude-code@2.1.329",
		run: "claude -p \"Say in two sentences what this repository is for.\"",
		every: () => "*/3 * * *",
		interval: "every three hours",
		read: ["1h", "the longest time that this job may take"],
		keep: "6h"
	},
	openai: {
		id: "codex",
		name: "Codex",
		provider: "openai",
		install: "npm install --global @openai/codex@0.169.0",
		run: "codex exec \"Say in two sentences what this repository is for.\"",
		every: (hour) => `${hour} */2 * *`,
		interval: "every second day: an access token lives for about ten days",
		read: ["1d", "less than this, and the workflow that renews has failed: a warning"],
		keep: "4d"
	}
}, withLines = (lines) => lines.map((line) => `          ${line}\n`).join("");
function everywhere({ account, publicRepository }) {
	return [...account === "default" ? [] : [`account: ${account}`], ...publicRepository ? ["allow-public-repository: true"] : []];
}
function programJob(blueprint, minutes, why, lines) {
	let { program, action } = blueprint;
	return `name: ${program.name}
on: workflow_dispatch

permissions: {}

jobs:
  ${program.id}:
    runs-on: ubuntu-latest
    timeout-minutes: ${minutes}
    permissions:
      contents: read
    steps:
      - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1
        with:
          persist-credentials: false
${why ? INSTALLED_BEFORE : ""}      - run: ${program.install}
      - uses: ${action}
        with:
${withLines([...lines, ...everywhere(blueprint)])}      - run: ${program.run}
`;
}
const INSTALLED_BEFORE = "      # Installed before there is a login, so that no install script can read one.\n";
function schedule({ program, minute, hour }, comment) {
	return `on:
  schedule:
    - cron: "${minute} ${program.every(hour)}" # ${comment}
  workflow_dispatch:
`;
}
const secret = (name) => `\${{ secrets.${name} }}`;
function workflowFiles(blueprint, repository) {
	let { topology, program, account } = blueprint, id = account === "default" ? program.id : `${program.id}-${account}`, file = (name, what, text, renews = !1) => ({
		path: `.github/workflows/${name}.yml`,
		text: `${head(blueprint, repository, what)}${text}`,
		renews
	});
	if (topology === "setup-token") return [file(id, `A job that runs ${program.name} with a setup token.`, setupTokenJob(blueprint))];
	let ledger = topology === "ledger", renews = `The one workflow that renews the login of ${program.name}. Run it once by hand.`, reads = `A job that runs ${program.name}. It can read the access token and cannot renew: any number at once.`;
	return [file(`${id}-rotate`, renews, ledger ? ledgerRotator(blueprint) : rotator(blueprint), !0), file(id, reads, ledger ? ledgerJob(blueprint) : loginJob(blueprint))];
}
function head(blueprint, repository, what) {
	let { environment } = blueprint;
	return `# ${what}\n# Made by \`oauth-creds init\` for ${repository}, which stored these secrets:\n${SECRETS[blueprint.topology](blueprint.prefix, environment !== void 0).map(({ name, place, what: holds }) => `#   ${name} (${place === "environment" ? `environment ${environment}` : "repository"}): ${holds}\n`).join("")}`;
}
function setupTokenJob(blueprint) {
	let { prefix, expires } = blueprint;
	return programJob(blueprint, 30, !0, [`credential: ${secret(`${prefix}_SETUP_TOKEN`)}`, ...expires ? [`credential-expires: "${expires}" # a year after you made it`] : []]);
}
function loginJob(blueprint) {
	let { prefix, program, environment } = blueprint;
	return programJob(blueprint, 60, !0, [
		`credential: ${secret(environment === void 0 ? `${prefix}_LOGIN` : `${prefix}_ACCESS`)}`,
		"refresh: never",
		`min-validity: ${program.read.join(" # ")}`
	]);
}
function rotator(blueprint) {
	let { prefix, program, environment, action, createSecrets } = blueprint, claude = program.provider === "anthropic", places = environment === void 0 ? `${prefix}_LOGIN` : `environment/${environment}/${prefix}_LOGIN, ${prefix}_ACCESS:access`;
	return `name: Renew the ${program.name} login
${schedule(blueprint, program.interval + (claude ? "; any minute but 0, when GitHub is busiest" : ""))}
permissions: {}

# Two runs at once could spend the same refresh token, which works once.
concurrency:
  group: ${groupOf(blueprint)}-login
  cancel-in-progress: false

jobs:
  renew:
    runs-on: ubuntu-latest
    timeout-minutes: ${claude ? 5 : 10}
${REPORT_PERMISSION}${environment === void 0 ? suggestEnvironment(blueprint) : inEnvironment(environment)}    steps:
${claude && environment === void 0 ? instead : ""}${claude ? "" : `${INSTALLED_BEFORE}      - run: ${program.install}\n`}      - uses: ${action}
        with:
${withLines([
		`credential: ${secret(`${prefix}_LOGIN`)}`,
		`refresh: always # a run that cannot renew fails while the other jobs still have ${claude ? "a few hours" : "some days"}`,
		...claude ? [] : [BY_CODEX],
		`rotate-to: ${places}`,
		...createSecrets ? [`create-secrets: true # the first run makes ${prefix}_ACCESS`] : [],
		`secrets-token: ${secret(`${prefix}_SECRETS_TOKEN`)}${claude && environment === void 0 ? " # or ${{ steps.app.outputs.token }}" : ""}`,
		"targets: none",
		...everywhere(blueprint),
		REPORT
	])}`;
}
const REPORT = "# report: issue # keeps one issue that says when the login ends; needs the permission above", REPORT_PERMISSION = "    # For `report: issue` below:\n    # permissions:\n    #   issues: write\n", BY_CODEX = "refresh-with: cli # Codex itself renews, as OpenAI's guide wants it; without this line, our own request", groupOf = ({ program, account }) => account === "default" ? program.id : `${program.id}-${account}`, suggestEnvironment = (blueprint) => `    # An environment that only the default branch may use keeps ${blueprint.prefix}_SECRETS_TOKEN away from other branches:
    # environment: ${groupOf(blueprint)}-login
`, inEnvironment = (environment) => `    environment:
      name: ${environment}
      deployment: false
`, instead = "      # Instead of a personal access token, a GitHub App with “Secrets: read and write”. It must stand before our\n      # step: post steps run in reverse order, and this one revokes its token at the end.\n      # - id: app\n      #   uses: actions/create-github-app-token@1b10c78c7865c340bc4f6099eb2f838309f1e8c3 # v3.1.1\n      #   with:\n      #     client-id: ${{ vars.APP_CLIENT_ID }}\n      #     private-key: ${{ secrets.APP_PRIVATE_KEY }}\n      #     permission-secrets: write\n";
function ledgerRotator(blueprint) {
	let { prefix, program, environment, action } = blueprint, claude = program.provider === "anthropic";
	return `name: Renew the shared ${claude ? "" : `${program.name} `}login
${schedule(blueprint, claude ? "any minute but 0, when GitHub is busiest" : program.interval)}
permissions: {}

# The ledger keeps two runs from spending the same token. The group only spares them the waiting.
# (\`queue: max\` lets all runs wait their turn; without it GitHub cancels all but the last.)
concurrency:
  group: oauth-creds-${groupOf(blueprint)}
  queue: max
  cancel-in-progress: false

jobs:
  renew:
    runs-on: ubuntu-latest
    timeout-minutes: 10
    # Private repositories have environments from the plans Pro and Team on. Without one leave these three lines out.
${environment === void 0 ? NO_ENVIRONMENT : inEnvironment(environment)}    permissions:
      contents: write # the ledger's ref, and nothing else: no checkout${claude ? ", no other step" : ""}
      # issues: write # for \`report: issue\` below
    steps:
${claude ? "" : `${INSTALLED_BEFORE}      - run: ${program.install}\n`}      - uses: ${action}
        with:
${withLines([
		`credential: ${secret(`${prefix}_LOGIN`)}`,
		`provider: ${program.provider}`,
		`ledger-key: ${secret("OAUTH_CREDS_KEY")}`,
		...claude ? [] : [BY_CODEX],
		"# At least the interval of the schedule, the longest job that uses the login, and an hour for a late run:",
		"# so no job ever finds a token that ends before it does.",
		`min-validity: ${program.keep}`,
		"targets: none",
		...everywhere(blueprint),
		REPORT
	])}`;
}
const NO_ENVIRONMENT = "    # environment: { name: oauth-creds, deployment: false }\n";
function ledgerJob(blueprint) {
	let { program } = blueprint;
	return programJob(blueprint, 60, !1, [
		`provider: ${program.provider}`,
		`ledger-key: ${secret("OAUTH_CREDS_ACCESS_KEY")}`,
		`min-validity: ${program.read[0]} # less than this, and the workflow that renews has failed: a warning`
	]);
}
async function plan(world, ask, wishes, place, fresh) {
	let session = await openSession(world, ask, place), { facts } = session, decided = await decide(world, ask, wishes, facts, session.github);
	wishes.dryRun || ([session, decided] = await permitted(world, ask, wishes, place, session, decided));
	let { github } = session, { provider, topology, environment, publicRepository } = decided, program = PROGRAMS[provider], prefix = prefixOf(program.id, wishes.account), there = environment !== void 0 && environment.state.type !== "absent", within = environment && {
		name: environment.name,
		there
	}, seen = await lookAtSecrets(world, github, facts, SECRETS[topology](prefix, within !== void 0), within), own = findRootKey(world, ask, wishes, facts, place.root, seen), { replaced, sealed } = await keep(ask, seen, wishes, own.key, github), written = seen.filter((secret) => secret.updatedAt === void 0 || replaced.has(secret)), holds = new Set(written.map((secret) => secret.holds)), unused = seen.find((secret) => secret.holds === "credential" && !written.includes(secret));
	unused && world.env.INPUT_CREDENTIAL?.trim() && ask.say.warn(`The ${unused.label} is there, so \`credential\` is not stored. \`--force\` replaces it.`), topology === "ledger" && !holds.has("access-key") && own.key !== void 0 && ask.say.warn("The ledger's keys are there, so `ledger-key` is not stored. `--new-keys` replaces them.");
	let copy = holds.has("root-key") && own.key === void 0 && await wantsCopy(ask, wishes, own.path) ? own.path : void 0, credential = !wishes.dryRun && holds.has("credential") ? await takeCredential(world, ask, {
		provider,
		topology,
		account: wishes.account,
		signIn: wishes.signIn,
		force: wishes.force,
		signedIn: (login) => void (fresh.login = login),
		online: world.env.INPUT_VALIDATE !== "none",
		endsAt: Date.parse(world.env["INPUT_CREDENTIAL-EXPIRES"] ?? "") || void 0
	}) : void 0, secretsToken = !wishes.dryRun && holds.has("secrets-token") ? await takeSecretsToken(world, ask, session.connect, facts, isHosted(place), within) : void 0, values = valuesOf(world, holds, credential, secretsToken?.token, own.key), storable = written.filter(({ holds: what }) => wishes.dryRun || values[what] !== void 0), blueprint = {
		topology,
		program,
		prefix,
		account: wishes.account,
		action: wishes.action,
		environment: environment?.name,
		expires: topology === "setup-token" ? await endOf(world, ask, credential, place.root, prefix) : void 0,
		...moment(facts.fullName, prefix),
		createSecrets: written.some((secret) => secret.holds === "access-part" && !storable.includes(secret)),
		publicRepository
	}, files = await placeFiles(ask, place.root, workflowFiles(blueprint, facts.fullName)), unmade = environment && (environment.state.type === "absent" || environment.state.type === "unfinished");
	return {
		session,
		blueprint,
		changes: [
			...copy && values["root-key"] ? [saveRootKey(world, copy, values["root-key"])] : [],
			...unmade ? [makeEnvironment(github, environment.name, facts.defaultBranch, there)] : [],
			...secretsToken ? [proven(world, secretsToken, environment?.name)] : [],
			...storable.map((secret) => {
				let change = writeSecret(secret, values[secret.holds]);
				return secret.holds === "credential" ? storing(fresh, change) : change;
			}),
			...files.toWrite.map(({ file, replace }) => writeWorkflow(place.root, file, replace))
		],
		kept: [
			...environment && !unmade ? [`environment ${environment.name}`] : [],
			...seen.filter((secret) => !written.includes(secret)).map(({ label, updatedAt = 0 }) => `${label}, of ${isoTime(updatedAt).slice(0, 10)}`),
			...files.kept
		],
		renewing: files.renewing,
		using: files.using,
		credential,
		secretsToken,
		sealed
	};
}
const isHosted = ({ host, apiUrl }) => host === "github.com" || apiUrl === "https://api.github.com";
async function permitted(world, ask, wishes, place, first, decided) {
	let session = first;
	for (;;) {
		let { facts, github, found } = session, proof = await prove(world, github, facts, {
			repositorySecrets: !0,
			environment: decided.environment
		});
		if (proof.noEnvironments && decided.environment) {
			let environment = await settle(ask, wishes, decided.environment.name, { type: "unavailable" });
			return [session, {
				...decided,
				environment
			}];
		}
		if (proof.missing.length === 0) return [session, decided];
		let failure = sayMissing(proof.missing, facts, found.token, found.source);
		if (!ask.interactive) throw failure;
		ask.say.warn(`${failure.message} ${failure.advice}`), session = await anotherSession(world, ask, place);
	}
}
function proven(world, token, environment) {
	return {
		type: "check",
		label: "`secrets-token`",
		title: "`secrets-token` may write there",
		name: "secrets-token",
		calls: [],
		async apply() {
			let failure = await refuseWeak(world, token, environment);
			if (failure) throw failure;
		}
	};
}
async function endOf(world, ask, credential, root, prefix) {
	let given = world.env["INPUT_CREDENTIAL-EXPIRES"]?.slice(0, 10), known = credential?.accessExpiresAt;
	if (given || known !== void 0) return given || isoTime(known).slice(0, 10);
	if (!credential) return endInWorkflows(root, prefix);
	if (ask.interactive) return await ask.text({
		message: "When does the token end? (a year after it was made)",
		standard: isoTime(world.now() + 31536e6).slice(0, 10),
		check: (value) => /^\d{4}-\d\d-\d\d$/.test(value) && !Number.isNaN(Date.parse(value)) ? void 0 : "A date, such as 2027-11-21."
	});
}
function moment(repository, prefix) {
	let { createHash } = process.getBuiltinModule("node:crypto"), bytes = createHash("sha256").update(`${repository.toLowerCase()} ${prefix}`).digest();
	return {
		minute: 3 + bytes.readUInt16BE(0) % 55,
		hour: bytes.readUInt8(2) % 24
	};
}
async function run({ world, terminal, flags }) {
	let wishes = read(flags, world), somebody = process.stdin.isTTY === !0 && process.stderr.isTTY === !0;
	if (!wishes.yes && !somebody) throw usage("There is no terminal here to ask at. Say `--yes` to take the flags, and what is recommended, as answers.");
	if (terminal.json && !wishes.yes) throw usage("`--json` is for programs, and they cannot be asked: say `--yes` too.");
	await maskInputs(world);
	let wizard = wishes.yes ? void 0 : (await import("./wizard.mjs")).wizard(), ask = wizard ?? askNobody(terminal), quiet = {
		...world,
		runner: {
			...terminal,
			log: ask.say.info,
			notice: ask.say.info,
			warning: ask.say.warn
		}
	}, fresh = { login: void 0 };
	try {
		wizard?.begin(wishes.dryRun ? "oauth-creds init: a rehearsal, nothing will be changed" : "oauth-creds init");
		let place = await findRepository(quiet, ask, wishes.repository), planned = await plan(quiet, ask, wishes, place, fresh), told = (more = {}) => ({
			repository: planned.session.facts.fullName,
			topology: planned.blueprint.topology,
			environment: planned.blueprint.environment ?? null,
			dryRun: wishes.dryRun,
			changes: planned.changes.filter(({ type }) => type !== "check").map(asData),
			kept: planned.kept,
			...more
		});
		if (wishes.dryRun) return wizard?.end("Nothing was changed."), terminal.answer(inFull(planned), told()), EXIT.done;
		if (!await agreed(ask, planned)) throw new Stopped(!1);
		await carryOut(quiet, ask, planned.changes);
		let doctor = wishes.skipDoctor ? void 0 : await examine(quiet, ask, planned, place);
		return finish(terminal, planned, place, wizard, told({ doctor: typeof doctor == "number" ? doctor : null })), doctor === "stopped" ? gone() : EXIT.done;
	} catch (error) {
		if (rescue(world, ask, fresh), !(error instanceof Stopped)) throw wizard?.end("It did not come to an end:"), error;
		return wizard?.stopped("Stopped. Nothing was changed."), error.gone ? gone() : exitCodeOf("cancelled");
	}
}
function gone() {
	return process.kill(process.pid, "SIGINT"), exitCodeOf("cancelled");
}
function finish(terminal, planned, place, wizard, data) {
	let steps = nextSteps(planned, place), width = wizard ? (process.stdout.columns ?? 100) - 4 : Infinity, text = steps.map((step, index) => sayStep(step, index, width)).join("\n"), done = planned.changes.length > 0 ? "Set up." : "Everything was there already; nothing was changed.";
	wizard?.end(`${done} What is left to do:`), terminal.answer(wizard ? text : `${done} What is left to do:\n${text}`, {
		...data,
		next: steps
	});
}
function sayStep(step, index, width) {
	let [sentence = "", ...commands] = step.split("\n"), said = wrap(sentence, width).join("\n   ");
	return [`${index + 1}. ${said}`, ...commands.map((command) => `     ${command}`)].join("\n");
}
async function agreed(ask, planned) {
	let { changes, session } = planned;
	if (changes.length === 0) return !0;
	for (;;) {
		ask.say.note(`In ${session.facts.fullName}`, asList(planned));
		let answer = await ask.choice({
			message: "Do it?",
			options: [
				{
					value: "yes",
					label: "Yes",
					reason: "in this order; it can be run again at any time"
				},
				{
					value: "show",
					label: "Show it in full",
					reason: "every call and the text of every file"
				},
				{
					value: "no",
					label: "No",
					reason: "nothing was changed so far"
				}
			]
		});
		if (answer !== "show") return answer === "yes";
		ask.say.note("In full", inFull(planned).split("\n"));
	}
}
function read(flags, world) {
	let text = (name) => typeof flags[name] == "string" && flags[name].trim() || void 0, { provider, account } = readInputs({
		...world.env,
		"INPUT_SECRETS-TOKEN": ""
	}, "post");
	if (provider === "custom") throw custom();
	let environment = text("environment");
	if (environment !== void 0 && !/^\w[\w.-]{0,99}$/.test(environment)) throw usage("`--environment` takes a name of letters, digits, `.`, `_` and `-`, or `none`.");
	let action = text("action") ?? "org/oauth-creds@v1";
	if (!/^[\w.-]+\/[\w./-]+@[\w./-]+$/.test(action)) throw usage("`--action` takes `owner/name@ref`.");
	return {
		topology: text("topology"),
		repository: text("repository"),
		environment,
		action,
		account,
		yes: flags.yes === !0,
		dryRun: flags["dry-run"] === !0,
		signIn: flags["sign-in"] === !0,
		force: flags.force === !0,
		newKeys: flags["new-keys"] === !0,
		saveKey: text("save-key"),
		skipDoctor: flags["skip-doctor"] === !0
	};
}
export { run };
