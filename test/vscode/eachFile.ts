/** Runs before each file of the suite: its deadlines are those of this machine. */
import { inject, vi } from "vitest";
import { rememberSlowness, scaled } from "./slowness";

rememberSlowness(inject("slowness"));
vi.setConfig({ testTimeout: scaled(180_000), hookTimeout: scaled(120_000) });
