/**
 * Does the compiler refuse a change? Then no test need notice it, and it is not counted. The changed file alone is looked at: what only
 * breaks files beside it is tried like any other. Test: test/mutation/mutation.test.ts.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

/** Files of Svelte's own syntax are not TypeScript's. */
const PROJECTS: [folder: string, config: string][] = [
  ['src-main/', 'tsconfig.main.json'],
  ['src-shared/', 'tsconfig.models.json'],
  ['models/', 'tsconfig.models.json'],
  ['datasets/', 'tsconfig.models.json'],
  ['src-renderer/', 'tsconfig.renderer.json'],
];

export interface TypeChecker {
  /** `text` in the place of `file`. */
  refuses(file: string, text: string): boolean;
}

export function typeChecker(root: string): TypeChecker {
  const services = new Map<string, ReturnType<typeof serviceOf>>();
  return {
    refuses(file, text) {
      const config = PROJECTS.find(([folder]) => file.startsWith(folder))?.[1];
      if (config === undefined) return false;
      let service = services.get(config);
      if (!service) services.set(config, (service = serviceOf(root, config)));
      return service(join(root, file), text);
    },
  };
}

function serviceOf(root: string, config: string): (path: string, text: string) => boolean {
  const parsed = ts.getParsedCommandLineOfConfigFile(
    join(root, config),
    // A change that leaves a name unused, or code that is never reached, is none that is refused.
    { noUnusedLocals: false, noUnusedParameters: false, allowUnreachableCode: true, noFallthroughCasesInSwitch: false },
    {
      ...ts.sys,
      onUnRecoverableConfigFileDiagnostic: (trouble) => {
        throw new Error(String(trouble.messageText));
      },
    },
  ) as ts.ParsedCommandLine;
  const texts = new Map<string, string>();
  let version = 0;
  const service = ts.createLanguageService({
    getCompilationSettings: () => parsed.options,
    getScriptFileNames: () => parsed.fileNames,
    getScriptVersion: (path) => (texts.has(path) ? String(version) : '0'),
    getScriptSnapshot(path) {
      const text = texts.get(path) ?? (existsSync(path) ? ts.sys.readFile(path) : undefined);
      return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text);
    },
    getCurrentDirectory: () => root,
    getDefaultLibFileName: ts.getDefaultLibFilePath,
    fileExists: ts.sys.fileExists,
    readFile: ts.sys.readFile,
    readDirectory: ts.sys.readDirectory,
    directoryExists: ts.sys.directoryExists,
    getDirectories: ts.sys.getDirectories,
  });
  return (path, text) => {
    version++;
    texts.clear();
    texts.set(path, text);
    return service.getSyntacticDiagnostics(path).length > 0 || service.getSemanticDiagnostics(path).length > 0;
  };
}
