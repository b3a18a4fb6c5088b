/** The editor names a workspace folder by a URI, which may be of another machine or of no file at all. */
import { expect, it } from "vitest";
import { openWorkspaceFolder } from "../../../server/src/lsp/workspaceFolder";

it.each(["vscode-remote://ssh-remote+host/home/project", "untitled:project", "file://%00/", "", "project"])(
  "says that a folder with the URI %j is not on this machine",
  async (uri) => {
    await expect(openWorkspaceFolder(uri)).rejects.toMatchObject({
      code: "repository",
      message: "The workspace folder is not on this machine.",
    });
  },
);
