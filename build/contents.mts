/** What a package holds as it lies in the repository, besides what is built for it. */
export const PACKAGED_PATHS = [
  "server/models",
  "media",
  "docs",
  "package.nls.json",
  "LICENSE",
  "README.md",
  "CHANGELOG.md",
  "CONTRIBUTING.md",
  "SECURITY.md",
  ".vscodeignore",
] as const;

/** What `portable/v1` needs of onnxruntime-web under Node; the rest is for browsers and GPUs. */
export const PORTABLE_RUNTIME = [
  "package.json",
  "dist/ort.node.min.mjs",
  "dist/ort-wasm-simd-threaded.mjs",
  "dist/ort-wasm-simd-threaded.wasm",
] as const;
