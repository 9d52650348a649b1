import * as fs from "node:fs";
import * as path from "node:path";
import * as vscode from "vscode";
import { LanguageClient, TransportKind } from "vscode-languageclient/node";

const NAME = "migration-guard";
const INSTALL = "pip install 'migration-guard[server]'";

let client: LanguageClient | undefined;

/** A program that a setting names by a relative path lies in the workspace; a bare name is looked for in PATH. */
function resolved(program: string): string {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath;
  if (folder === undefined || path.isAbsolute(program) || !/[\\/]/.test(program)) {
    return program;
  }
  const inside = path.join(folder, program);
  return fs.existsSync(inside) ? inside : program;
}

async function start(): Promise<void> {
  const [program, ...args] = vscode.workspace.getConfiguration(NAME).get<string[]>("command", [NAME, "server"]);
  if (program === undefined) {
    void vscode.window.showErrorMessage(`${NAME}.command names no program.`);
    return;
  }
  client = new LanguageClient(
    NAME,
    NAME,
    { command: resolved(program), args, transport: TransportKind.stdio },
    { documentSelector: ["python", "sql"].map((language) => ({ scheme: "file", language })) },
  );
  try {
    await client.start();
  } catch (error) {
    // Without a server nothing is checked, which must not look like nothing being found.
    const reason = error instanceof Error ? error.message : String(error);
    void vscode.window.showErrorMessage(`${NAME} does not run, and migrations are not checked: ${reason}. ${INSTALL}`);
  }
}

async function stop(): Promise<void> {
  const running = client;
  client = undefined;
  if (running?.needsStop() === true) {
    await running.stop();
  }
}

async function restart(): Promise<void> {
  await stop();
  await start();
}

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  context.subscriptions.push(
    vscode.commands.registerCommand(`${NAME}.restart`, restart),
    vscode.workspace.onDidChangeConfiguration(async (change) => {
      if (change.affectsConfiguration(`${NAME}.command`)) {
        await restart();
      }
    }),
  );
  await start();
}

export async function deactivate(): Promise<void> {
  await stop();
}
