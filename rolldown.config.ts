import { defineConfig, type Plugin } from "rolldown";
import { minify } from "rolldown/utils";

const VENDOR = /[\\/]node_modules[\\/]/;
/** What only some runs need, and is loaded by them: other providers, other programs, failures, proxies. */
const OPTIONAL = [
  /src[\\/](post[\\/]|ledger[\\/]|cli[\\/]|(recovery[\\/].*|as-failure|capsule-open|fallback|input-help|public-repository|recovered|refused|tell-issue|validate|say-ended)\.ts)/,
  /recognise[\\/](address|hand-over|other-forms|strangers|tidy|token-answer)/,
  /credential[\\/]jwt/,
  /providers[\\/](openai|custom|.*check|.*sign-in|authorize|revoke)/,
  /refresh[\\/](official-program|program|say-outcome)/,
  /(rotation|report)[\\/](apart|sealed-box|say-|shadow|issue|copy-access|access-part|by-value|forge-api|gitea|gitlab|other-places|pasted|projections)/,
  /targets[\\/](?!(claude|file|load|manifest|names|place|target|targets)\.ts)/,
  /world[\\/](ci|limit|proxy|programs|userinfo|windows)/,
];
/** All the rest is one file that both entries import: each further one costs a run most of a millisecond. */
const isCommon = (id: string): boolean =>
  /[\\/]src[\\/](?!(main|post|cli)\.ts)/.test(id) && !OPTIONAL.some((optional) => optional.test(id));
/** The wizard's prompts, and what they are made of. */
const CLACK =
  /[\\/]node_modules[\\/](@clack|sisteransi|picocolors|fast-string-width|fast-string-truncated-width|fast-wrap-ansi)[\\/]/;
/** One file, because a pasted credential may be any of theirs, and each of them is small. */
const OTHER_PROGRAMS =
  /targets[\\/](others|codex|peekaboo|clawdbot|openclaw-file|profiles|profile-.*|opencode|pi|keyed-logins)\.ts|other-forms|token-answer/;

/**
 * Our own code loses what has no meaning and keeps its names, lines and statements, so that a person can read
 * what will hold their token. Chunks that are other people's packages are packed tight: they are read in their
 * own repositories. Both are proved by a clean build that gives the same bytes.
 */
const compact: Plugin = {
  name: "compact",
  async renderChunk(code, chunk) {
    const vendor = chunk.moduleIds.length > 0 && chunk.moduleIds.every((id) => VENDOR.test(id) || id.startsWith("\0"));
    const compacted = await minify(chunk.fileName, code, {
      module: true,
      compress: true,
      mangle: vendor,
      codegen: { removeWhitespace: vendor },
    });
    return compacted.code;
  },
};

export default defineConfig({
  input: {
    main: "src/main.ts",
    post: "src/post.ts",
    cli: "src/cli.ts",
    "cache-writer": "src/recovery/cache-writer.ts",
  },
  platform: "node",
  preserveEntrySignatures: "allow-extension",
  treeshake: { moduleSideEffects: [{ test: VENDOR, sideEffects: false }] },
  plugins: [compact],
  output: {
    dir: "dist",
    format: "esm",
    cleanDir: true,
    entryFileNames: "[name].mjs",
    chunkFileNames: ({ facadeModuleId }) => {
      const verb = /cli[\\/](\w+)[\\/]run\.ts$/.exec(facadeModuleId ?? "")?.[1];
      return verb ? `cli-${verb}.mjs` : "[name].mjs";
    },
    minify: false, // done above, chunk by chunk
    comments: { legal: true, jsdoc: false, annotation: false },
    // Sealing, a proxy and the work of post are loaded only when they are needed.
    codeSplitting: {
      includeDependenciesRecursively: false,
      groups: [
        { name: "noble", test: /[\\/]@noble[\\/]/ },
        { name: "clack", test: CLACK },
        { name: "actions-cache", test: /[\\/]node_modules[\\/](?!(hpagent|proxy-from-env)[\\/])/ },
        { name: "proxy-agent", test: VENDOR },
        { name: "common", test: isCommon },
        { name: "other-programs", test: OTHER_PROGRAMS },
        { name: "openclaw", test: /targets[\\/]openclaw(-program)?\.ts/ },
      ],
    },
  },
});
