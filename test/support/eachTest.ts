/** What every suite does after each test. */
import { afterEach } from "vitest";
import { cleanUp } from "./cleanups";

afterEach(cleanUp);
