/** A graphics processor for machines that have none: SwiftShader, which computes Vulkan on the processor. */
import { existsSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { findBrowser } from "../vscode/browser";

/** Debian's wrapper lies elsewhere than what it starts. */
const FOLDERS = ["/usr/lib/chromium", "/usr/lib/chromium-browser"];

/**
 * The environment in which a new process finds SwiftShader, and nothing else, as its Vulkan device: Chromium comes with
 * it, with its own loader beside it. `null` where there is none (systems other than Linux, browsers without).
 */
export function softwareGpu(): Record<string, string> | null {
  if (process.platform !== "linux") {
    return null;
  }
  const browser = findBrowser();
  const folders = [...(browser === null ? [] : [dirname(realpathSync(browser))]), ...FOLDERS];
  const folder = folders.find((one) =>
    ["vk_swiftshader_icd.json", "libvulkan.so.1"].every((file) => existsSync(join(one, file))),
  );
  if (folder === undefined) {
    return null;
  }
  const device = join(folder, "vk_swiftshader_icd.json");
  return { LD_LIBRARY_PATH: folder, VK_DRIVER_FILES: device, VK_ICD_FILENAMES: device };
}
