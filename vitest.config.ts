import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/e2e/**', 'node_modules/**'],
    setupFiles: ['test/generated-input.ts'],
    reporters: ['default', './test/unit-tally.ts'],
    testTimeout: 60_000,
  },
});
