import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import AxeBuilder from '@axe-core/playwright';
import { expect, test as base, type Page } from '@playwright/test';

const SAMPLES = join(dirname(fileURLToPath(import.meta.url)), '../../public/samples');

/** Path of a sample that is published with the page. */
export function samplePath(name: string): string {
  return join(SAMPLES, name);
}

/** Path of a capture among the fixtures. */
export function fixturePath(name: string): string {
  return join(SAMPLES, '../../fixtures', name);
}

/** Bytes of a sample. */
export function sampleBytes(name: string): Buffer {
  return readFileSync(samplePath(name));
}

interface Fixtures {
  /** What the page wrote on the console and threw; a test that breaks something on purpose sets `expected`. */
  heard: { texts: string[]; expected: boolean };
}

/** A test that fails when the page writes anything on the console or throws. */
export const test = base.extend<Fixtures>({
  heard: [
    async ({ page }, use) => {
      const texts: string[] = [];
      const heard = { texts, expected: false };
      page.on('console', (message) => texts.push(`${message.type()}: ${message.text()}`));
      page.on('pageerror', (error) => texts.push(`thrown: ${error.message}`));
      page.on('crash', () => texts.push('the page crashed'));
      await use(heard);
      if (!heard.expected) expect(texts, 'the console is silent').toEqual([]);
    },
    { auto: true },
  ],
});

export { expect };

/** Waits until the analysis stands as named. */
export async function untilState(page: Page, state: string): Promise<void> {
  await expect(page.locator('html')).toHaveAttribute('data-analysis', state);
}

/** Opens the page and a file in it, and waits until it is read. */
export async function openFile(page: Page, file: string, state = 'done'): Promise<void> {
  await page.goto('./');
  await page.getByTestId('capture-input').setInputFiles(file);
  await untilState(page, state);
}

/** Opens the page and bytes as a file of that name. */
export async function openBytes(page: Page, name: string, buffer: Buffer, state = 'done'): Promise<void> {
  await page.goto('./');
  await page
    .getByTestId('capture-input')
    .setInputFiles({ name, mimeType: 'application/octet-stream', buffer });
  await untilState(page, state);
}

/** The lines of the message list that are shown. */
export function lines(page: Page): ReturnType<Page['locator']> {
  return page.getByTestId('message-list').locator('[role=row][data-index]');
}

/** The line at an index of the list; it must be in view. */
export function line(page: Page, index: number): ReturnType<Page['locator']> {
  return page.locator(`#message-${index}`);
}

/** What axe finds wrong on the page, one line each. */
export async function faults(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'])
    .analyze();
  return violations.flatMap((fault) =>
    fault.nodes.map((node) => `${fault.id}: ${node.target.join(' ')} ${node.failureSummary ?? ''}`),
  );
}
