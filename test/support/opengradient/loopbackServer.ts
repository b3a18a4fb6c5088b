import type { RequestListener } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { pem } from "../../unit/models/certificates";
import type { TlsIdentity } from "./enclave";

/** An HTTPS server on a free port of the loopback interface. */
export interface LoopbackServer {
  readonly port: number;
  /** Shows another certificate to whoever connects from now on. */
  show(identity: TlsIdentity): void;
  close(): Promise<void>;
}

export async function listen(identity: TlsIdentity, answer: RequestListener): Promise<LoopbackServer> {
  const server: Server = createServer(inPem(identity), answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    show: (other) => server.setSecureContext(inPem(other)),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function inPem({ tlsCertificate, tlsKey }: TlsIdentity) {
  return { cert: pem(tlsCertificate), key: tlsKey.export({ type: "pkcs8", format: "pem" }) };
}
