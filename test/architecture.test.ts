import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ESLint } from 'eslint';
import { describe, expect, it } from 'vitest';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

/** The stages in their order, as the page on architecture draws them. */
const STAGES = /^(capture(?: ─► \w+)+)$/m.exec(read('docs/architecture.md'))?.[1]?.split(' ─► ') ?? [];

const SOURCES = ['src', 'workers', 'test', 'docs', 'public'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((path) => `${folder}/${path}`),
);

/** Code that no stage may hold, by what is wrong with it. */
const FORBIDDEN: Record<string, string> = {
  'the time of day': 'export const now = (): number => Date.now();',
  'the process clock': 'export const now = (): number => performance.now();',
  'a timer of the platform': 'setTimeout(() => {}, 1);',
  chance: 'export const any = (): number => Math.random();',
  'the network': "export const get = (): unknown => fetch('/');",
  Node: 'export const id = (): number => process.pid;',
  'the DOM': 'export const page = (): unknown => document;',
  'a way around': 'export const all = (): unknown => globalThis;',
};

describe('stages', () => {
  it('are those that the rules name', () => {
    expect(STAGES).toHaveLength(7);
    const rules = [...STAGES, 'analysis'].map((stage) => `'${stage}'`).join(', ');
    expect(read('.dependency-cruiser.cjs')).toContain(`[${rules}]`);
    expect(read('eslint.config.js')).toContain(`[${rules}]`);
  });

  it.each(Object.keys(FORBIDDEN))('may not use %s', async (what) => {
    const eslint = new ESLint({ cwd: root });
    for (const stage of [...STAGES, 'analysis']) {
      const [result] = await eslint.lintText(FORBIDDEN[what]!, {
        filePath: join(root, `src/${stage}/probe.ts`),
      });
      expect(
        result?.messages.map(({ ruleId }) => ruleId),
        stage,
      ).toEqual([expect.stringMatching(/^no-restricted-/)]);
    }
  });
});

describe.each(['README.md', 'CONTRIBUTING.md', 'docs/architecture.md'])('%s', (page) => {
  const text = read(page);

  it('names files that exist', () => {
    const named = [...text.matchAll(/`(\w[\w./-]*\.(?:ts|svelte|html|json))`/g)]
      .map(([, path]) => path!)
      .filter((path) => !path.includes('NAME'));
    const missing = named.filter((path) => {
      const ending = `/${path}`;
      return !existsSync(join(root, path)) && !SOURCES.some((source) => source.endsWith(ending));
    });
    expect(missing).toEqual([]);
  });

  it('links to files that exist', () => {
    const links = [...text.matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, path]) => path!);
    expect(links.filter((path) => !existsSync(join(root, dirname(page), path)))).toEqual([]);
  });

  it('names scripts that exist', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const named = [...text.matchAll(/npm (?:run (?:--silent )?([\w:]+)|(start|test))\b/g)].map(
      ([, script, short]) => script ?? short!,
    );
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });
});
