import { defineConfig, type Plugin } from "rolldown";
import { minify } from "rolldown/utils";

const VENDOR = /[\\/]node_modules[\\/]/;
/** One file that both entries import: each further one costs a run most of a millisecond. */
const COMMON = /[\\/]src[\\/](?!(main|post)\.ts|post[\\/]|rotation[\\/]sealed-box|world[\\/]proxy)/;

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
  input: { main: "src/main.ts", post: "src/post.ts" },
  platform: "node",
  preserveEntrySignatures: "allow-extension",
  treeshake: { moduleSideEffects: [{ test: VENDOR, sideEffects: false }] },
  plugins: [compact],
  output: {
    dir: "dist",
    format: "esm",
    cleanDir: true,
    entryFileNames: "[name].mjs",
    chunkFileNames: "[name].mjs",
    minify: false, // done above, chunk by chunk
    comments: { legal: true, jsdoc: false, annotation: false },
    // Sealing, a proxy and the work of post are loaded only when they are needed.
    codeSplitting: {
      includeDependenciesRecursively: false,
      groups: [
        { name: "noble", test: /[\\/]@noble[\\/]/ },
        { name: "proxy-agent", test: VENDOR },
        { name: "common", test: COMMON },
      ],
    },
  },
});
