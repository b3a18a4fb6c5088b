/** The extension's walkthrough, as a person goes through it. */
import { eventually } from "./deadline";
import { choose } from "./pinning";
import type { Window } from "./workbench";

const TITLE = "Get started with Proofline";

/** Opens it, over whatever else is open. */
export async function openWalkthrough(window: Window): Promise<void> {
  await window.command("Welcome: Open Walkthrough...");
  await choose(window, TITLE);
  await window.page.locator(".gettingStartedDetailsContent", { hasText: TITLE }).waitFor();
  // Its first step takes the focus a while later, and with it whatever was asked at the top of the window meanwhile.
  await window.page.locator(".getting-started-step.expanded:focus").waitFor();
}

/** Waits until exactly these steps are ticked, of the walkthrough that is open. */
export async function waitForTicks(window: Window, steps: readonly string[]): Promise<void> {
  const ticked = async (): Promise<readonly string[]> => {
    const boxes = window.page.locator(".getting-started-step [role=checkbox][aria-checked=true]");
    const ids = await boxes.evaluateAll((all) =>
      all.map((box) => box.getAttribute("data-done-step-id") ?? ""),
    );
    return ids.map((id) => id.split("#").at(-1) ?? "");
  };
  await eventually(ticked, (now) => `${now}` === `${steps}`, {
    what: `ticks at ${steps.join(", ")} and at nothing else`,
  });
}

/** Opens a step of the walkthrough that is open, and clicks one of its buttons. */
export async function clickInStep(window: Window, step: string, button: string): Promise<void> {
  const place = window.page.locator(`.getting-started-step[data-step-id$="#${step}"]`);
  await place.locator(".step-title").click();
  await place.getByRole("button", { name: button, exact: true }).click();
}

/** Chooses a value of a setting in the Settings editor, once that has been opened on it, and closes it. */
export async function setInSettings(window: Window, setting: string, value: string): Promise<void> {
  const choice = window.page.locator(`.settings-editor [data-key="${setting}"] select`);
  await choice.selectOption(value);
  // It is written a moment later, and not at all where the editor is gone by then.
  await window.page.locator(".settings-editor .is-configured select").and(choice).waitFor();
  // The first Escape may close the setting's hover, or its list, and not the editor.
  await eventually(
    async () => {
      await window.press("Escape");
      return choice.isHidden();
    },
    (hidden) => hidden,
    { what: "the Settings editor to close" },
  );
}
