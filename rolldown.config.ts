import { defineConfig, type Plugin } from "rolldown";
import { minify } from "rolldown/utils";

const VENDOR = /[\\/]node_modules[\\/]/;

/**
 * Our own code stays as it was written, so that a person can read what will hold their token. Chunks that are
 * other people's packages are packed tight: they are read in their own repositories, and proved by a clean build.
 */
const packVendor: Plugin = {
  name: "pack-vendor",
  async renderChunk(code, chunk) {
    if (chunk.moduleIds.length === 0 || !chunk.moduleIds.every((id) => VENDOR.test(id) || id.startsWith("\0"))) return null;
    const packed = await minify(chunk.fileName, code, {
      compress: true,
      mangle: true,
      codegen: { removeWhitespace: true },
    });
    return packed.code;
  },
};

export default defineConfig({
  input: { main: "src/main.ts", post: "src/post.ts" },
  platform: "node",
  preserveEntrySignatures: "allow-extension",
  treeshake: { moduleSideEffects: [{ test: VENDOR, sideEffects: false }] },
  plugins: [packVendor],
  output: {
    dir: "dist",
    format: "esm",
    cleanDir: true,
    entryFileNames: "[name].mjs",
    chunkFileNames: "[name].mjs",
    minify: false,
    comments: { legal: true, jsdoc: false, annotation: false },
    // One chunk a moment: what every run needs, what a refresh needs, the network, sealing, a proxy.
    codeSplitting: {
      includeDependenciesRecursively: false,
      groups: [
        { name: "noble", test: /[\\/]@noble[\\/]/ },
        { name: "proxy-agent", test: VENDOR },
        {
          name: "refresh",
          test: /[\\/]src[\\/](refresh|rotation[\\/](rotate|github-api|secret-store)|providers|world[\\/]answer)/,
        },
        { name: "common", test: /[\\/]src[\\/]/, minShareCount: 2 },
      ],
    },
  },
});
