import { SECRETS } from "./choices.ts";
import {
  type Blueprint,
  everywhere,
  INSTALLED_BEFORE,
  programJob,
  schedule,
  secret,
  withLines,
} from "./workflow-parts.ts";

/** A file of the repository that is to be there afterwards. */
export interface WorkflowFile {
  /** Below the root, with `/`. */
  readonly path: string;
  readonly text: string;
  /** Has to be run once by hand. */
  readonly renews: boolean;
}

/**
 * The workflows of a set-up. Below their first comment they are those of `examples/`, with this repository's names
 * in them (a test compares the two).
 */
export function workflowFiles(blueprint: Blueprint, repository: string): WorkflowFile[] {
  const { topology, program, account } = blueprint;
  const id = account === "default" ? program.id : `${program.id}-${account}`;
  const file = (name: string, what: string, text: string, renews = false): WorkflowFile => ({
    path: `.github/workflows/${name}.yml`,
    text: `${head(blueprint, repository, what)}${text}`,
    renews,
  });
  if (topology === "setup-token") {
    return [file(id, `A job that runs ${program.name} with a setup token.`, setupTokenJob(blueprint))];
  }
  const ledger = topology === "ledger";
  const renews = `The one workflow that renews the login of ${program.name}. Run it once by hand.`;
  const reads = `A job that runs ${program.name}. It can read the access token and cannot renew: any number at once.`;
  return [
    file(`${id}-rotate`, renews, ledger ? ledgerRotator(blueprint) : rotator(blueprint), true),
    file(id, reads, ledger ? ledgerJob(blueprint) : loginJob(blueprint)),
  ];
}

/** What stands above it all, instead of the example's own words. */
function head(blueprint: Blueprint, repository: string, what: string): string {
  const { environment } = blueprint;
  const rows = SECRETS[blueprint.topology](blueprint.prefix, environment !== undefined).map(
    ({ name, place, what: holds }) =>
      `#   ${name} (${place === "environment" ? `environment ${environment}` : "repository"}): ${holds}\n`,
  );
  return `# ${what}\n# Made by \`oauth-creds init\` for ${repository}, which stored these secrets:\n${rows.join("")}`;
}

/** examples/setup-token.yml */
export function setupTokenJob(blueprint: Blueprint): string {
  const { prefix, expires } = blueprint;
  return programJob(blueprint, 30, true, [
    `credential: ${secret(`${prefix}_SETUP_TOKEN`)}`,
    ...(expires ? [`credential-expires: "${expires}" # a year after you made it`] : []),
  ]);
}

/** examples/login.yml, examples/codex.yml */
export function loginJob(blueprint: Blueprint): string {
  const { prefix, program, environment } = blueprint;
  return programJob(blueprint, 60, true, [
    // The access part alone, where the login itself is kept from all jobs but one.
    `credential: ${secret(environment === undefined ? `${prefix}_LOGIN` : `${prefix}_ACCESS`)}`,
    "refresh: never",
    `min-validity: ${program.read.join(" # ")}`,
  ]);
}

/** examples/rotate.yml, examples/codex-rotate.yml */
export function rotator(blueprint: Blueprint): string {
  const { prefix, program, environment, action, createSecrets } = blueprint;
  const claude = program.provider === "anthropic";
  const places =
    environment === undefined
      ? `${prefix}_LOGIN`
      : `environment/${environment}/${prefix}_LOGIN, ${prefix}_ACCESS:access`;
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
${REPORT_PERMISSION}${environment === undefined ? suggestEnvironment(blueprint) : inEnvironment(environment)}    steps:
${claude && environment === undefined ? instead : ""}${claude ? "" : `${INSTALLED_BEFORE}      - run: ${program.install}\n`}      - uses: ${action}
        with:
${withLines([
  `credential: ${secret(`${prefix}_LOGIN`)}`,
  `refresh: always # a run that cannot renew fails while the other jobs still have ${claude ? "a few hours" : "some days"}`,
  ...(claude ? [] : [BY_CODEX]),
  `rotate-to: ${places}`,
  ...(createSecrets ? [`create-secrets: true # the first run makes ${prefix}_ACCESS`] : []),
  `secrets-token: ${secret(`${prefix}_SECRETS_TOKEN`)}${claude && environment === undefined ? " # or ${{ steps.app.outputs.token }}" : ""}`,
  "targets: none",
  ...everywhere(blueprint),
  REPORT,
])}`;
}

const REPORT = "# report: issue # keeps one issue that says when the login ends; needs the permission above";
const REPORT_PERMISSION = `    # For \`report: issue\` below:
    # permissions:
    #   issues: write
`;

const BY_CODEX =
  "refresh-with: cli # Codex itself renews, as OpenAI's guide wants it; without this line, our own request";

const groupOf = ({ program, account }: Blueprint): string =>
  account === "default" ? program.id : `${program.id}-${account}`;

const suggestEnvironment = (blueprint: Blueprint): string =>
  `    # An environment that only the default branch may use keeps ${blueprint.prefix}_SECRETS_TOKEN away from other branches:
    # environment: ${groupOf(blueprint)}-login
`;

const inEnvironment = (environment: string): string => `    environment:
      name: ${environment}
      deployment: false
`;

const instead = `      # Instead of a personal access token, a GitHub App with “Secrets: read and write”. It must stand before our
      # step: post steps run in reverse order, and this one revokes its token at the end.
      # - id: app
      #   uses: actions/create-github-app-token@1b10c78c7865c340bc4f6099eb2f838309f1e8c3 # v3.1.1
      #   with:
      #     client-id: \${{ vars.APP_CLIENT_ID }}
      #     private-key: \${{ secrets.APP_PRIVATE_KEY }}
      #     permission-secrets: write
`;

/** examples/ledger-rotate.yml */
export function ledgerRotator(blueprint: Blueprint): string {
  const { prefix, program, environment, action } = blueprint;
  const claude = program.provider === "anthropic";
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
${environment === undefined ? NO_ENVIRONMENT : inEnvironment(environment)}    permissions:
      contents: write # the ledger's ref, and nothing else: no checkout${claude ? ", no other step" : ""}
      # issues: write # for \`report: issue\` below
    steps:
${claude ? "" : `${INSTALLED_BEFORE}      - run: ${program.install}\n`}      - uses: ${action}
        with:
${withLines([
  `credential: ${secret(`${prefix}_LOGIN`)}`,
  `provider: ${program.provider}`,
  `ledger-key: ${secret("OAUTH_CREDS_KEY")}`,
  ...(claude ? [] : [BY_CODEX]),
  "# At least the interval of the schedule, the longest job that uses the login, and an hour for a late run:",
  "# so no job ever finds a token that ends before it does.",
  `min-validity: ${program.keep}`,
  "targets: none",
  ...everywhere(blueprint),
  REPORT,
])}`;
}

const NO_ENVIRONMENT = "    # environment: { name: oauth-creds, deployment: false }\n";

/** examples/ledger-agent.yml */
export function ledgerJob(blueprint: Blueprint): string {
  const { program } = blueprint;
  return programJob(blueprint, 60, false, [
    `provider: ${program.provider}`,
    `ledger-key: ${secret("OAUTH_CREDS_ACCESS_KEY")}`,
    `min-validity: ${program.read[0]} # less than this, and the workflow that renews has failed: a warning`,
  ]);
}
