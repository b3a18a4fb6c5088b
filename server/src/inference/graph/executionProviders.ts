import { messageOf } from "../../platform/errors";
import type { ExecutionProvider } from "../../protocol/executionProvider";

/** A provider with what the runtime calls it, and where the runtime is built with it. */
interface Description {
  readonly name: string;
  readonly title: string;
  readonly platforms: readonly string[];
  readonly where: string;
}

const DESCRIPTIONS: Readonly<Record<ExecutionProvider, Description>> = {
  cpu: {
    name: "cpu",
    title: "The processor",
    platforms: ["linux-x64", "linux-arm64", "win32-x64", "win32-arm64", "darwin-arm64"],
    where: "everywhere",
  },
  cuda: {
    name: "cuda",
    title: "CUDA",
    platforms: ["linux-x64"],
    where: "only on Linux with an x64 processor",
  },
  directml: {
    name: "dml",
    title: "DirectML",
    platforms: ["win32-x64", "win32-arm64"],
    where: "only on Windows",
  },
  coreml: {
    name: "coreml",
    title: "CoreML",
    platforms: ["darwin-arm64"],
    where: "only on macOS",
  },
  webgpu: {
    name: "webgpu",
    title: "WebGPU",
    platforms: ["linux-x64", "win32-x64", "win32-arm64", "darwin-arm64"],
    where: "on Linux with an x64 processor, Windows and macOS",
  },
};

/** What onnxruntime-node calls a provider. */
export function runtimeNameOf(provider: ExecutionProvider): string {
  return DESCRIPTIONS[provider].name;
}

/** A sentence that says why a provider cannot be used on this platform; `null` where it may be. */
export function notOnThisPlatform(
  provider: ExecutionProvider,
  platform: string = `${process.platform}-${process.arch}`,
): string | null {
  const { title, platforms, where } = DESCRIPTIONS[provider];
  if (platforms.includes(platform)) {
    return null;
  }
  return `${title} can be used ${where}, so the processor runs the model.`;
}

/** A sentence that says that a provider was tried and failed. */
export function couldNotBeUsed(provider: ExecutionProvider, error: unknown): string {
  const reason = reasonIn(messageOf(error));
  const hint =
    provider === "cuda"
      ? " CUDA needs its libraries, and onnxruntime's for CUDA beside the extension's runtime."
      : "";
  return `${DESCRIPTIONS[provider].title} could not be used (${reason.slice(0, 200)}), so the processor runs the model.${hint}`;
}

/** What a native message says to people: it begins with places in the runtime's source, and more of them follow. */
function reasonIn(message: string): string {
  const [line = ""] = message.split("\n");
  return (
    line
      .replace(/^.* was false\. /, "")
      .replace(/^.*Status Message: (?:\S+:\d+ \w+ )?/, "")
      // As Windows' own parts of the runtime put it, with the system's number of the error first.
      .replace(/^.*\(caller: \w+\) \w+\(\d+\) tid\(\w+\) /, "error ")
      .trim()
      .replace(/\.$/, "")
  );
}
