/** A running anvil node: any chain behind an RPC server, and what the embedded chain is compared with. */
export interface Anvil {
    readonly url: string;
    /** Resolves when it has ended, with the end of what it wrote to its error output. */
    readonly ended: Promise<string>;
    kill(): Promise<void>;
}
/** The anvil binary of the development dependency for this platform. */
export declare function anvilPath(): string;
/** Starts anvil on a free port of the loopback interface and resolves when it listens. */
export declare function startAnvil(binary: string, extra: readonly string[]): Promise<Anvil>;
