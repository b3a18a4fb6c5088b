/** What may compute under `native/v1`: the processor, or a graphics processor by one of these interfaces. */
export const EXECUTION_PROVIDERS = ["cpu", "cuda", "directml", "coreml", "webgpu"] as const;
export type ExecutionProvider = (typeof EXECUTION_PROVIDERS)[number];

export const DEFAULT_PROVIDER: ExecutionProvider = "cpu";
