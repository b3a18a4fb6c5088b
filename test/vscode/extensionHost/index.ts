/** Runs inside the extension host: VS Code calls `run` and takes a rejection for a failure. */
import Mocha from "mocha";
import { scaled } from "../slowness";
import * as suite from "./suite";

export function run(): Promise<void> {
  const mocha = new Mocha({ ui: "bdd", reporter: "spec", timeout: scaled(60_000), color: false });
  mocha.suite.emit("pre-require", globalThis, "suite", mocha);
  suite.define();
  return new Promise((resolve, reject) => {
    mocha.run((failures) => {
      if (failures === 0) {
        resolve();
      } else {
        reject(new Error(`${failures} of the tests in the extension host failed`));
      }
    });
  });
}
