/** Runs the example and writes its page: `npm run example:team`. */
import { writeFileSync } from "node:fs";
import { PAGE, teamExample } from "./teamExample";

writeFileSync(PAGE, await teamExample());
console.log(`Wrote ${PAGE}.`);
