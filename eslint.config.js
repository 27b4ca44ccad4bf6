import js from '@eslint/js';
import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import ts from 'typescript-eslint';
import svelteConfig from './svelte.config.js';

const stages = ['capture', 'network', 'security', 'coap', 'lwm2m', 'device', 'diagnosis', 'analysis'].map(
  (stage) => `src/${stage}/**`,
);

export default ts.config(
  { ignores: ['dist/', 'dist-node/', 'dist-bench/', 'test-results/', 'playwright-report/', 'node_modules/'] },
  js.configs.recommended,
  ...ts.configs.recommended,
  ...svelte.configs.recommended,
  { languageOptions: { globals: { ...globals.browser, ...globals.node } } },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: {
      parserOptions: { extraFileExtensions: ['.svelte'], parser: ts.parser, svelteConfig },
    },
  },
  {
    rules: {
      'no-undef': 'off',
      'no-unused-vars': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      '@typescript-eslint/no-non-null-assertion': 'off',
      eqeqeq: 'error',
      'no-console': 'error',
      'no-eval': 'error',
      'no-new-func': 'error',
    },
  },
  {
    files: stages,
    rules: {
      // Time comes from the capture, bytes come through the byte store, and a stage runs in a page, a worker and Node.
      'no-restricted-globals': [
        'error',
        ...['Date', 'performance', 'setTimeout', 'setInterval', 'setImmediate', 'requestAnimationFrame'],
        ...['globalThis', 'window', 'self', 'document', 'navigator', 'location', 'localStorage', 'indexedDB'],
        ...['process', 'Buffer', 'global', 'Worker'],
        ...['fetch', 'XMLHttpRequest', 'WebSocket', 'EventSource', 'crypto'],
      ],
      'no-restricted-properties': ['error', { object: 'Math', property: 'random' }],
    },
  },
  {
    files: ['test/**', 'src/cli/**', 'src/relay/**', 'src/bin/**', '*.config.*'],
    rules: { 'no-console': 'off' },
  },
  { files: ['**/*.cjs'], rules: { '@typescript-eslint/no-require-imports': 'off' } },
);
