import { type Anvil, anvilPath, startAnvil } from "./anvil";
import { afterwards } from "./cleanups";

/** A node of its own, as any chain behind an RPC server. */
export async function startNode(...options: string[]): Promise<Anvil> {
  const anvil = await startAnvil(anvilPath(), options);
  afterwards(() => anvil.kill());
  return anvil;
}
