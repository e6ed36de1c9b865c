// Rules that a reader can rely on: dead code, loose types, hidden globals. Which folder may import which is .dependency-cruiser.cjs.
import js from '@eslint/js';
import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import ts from 'typescript-eslint';
import svelteConfig from './svelte.config.js';

const noDom = ['window', 'document', 'localStorage', 'navigator', 'location'].map((name) => ({ name, message: 'This folder has no page.' }));
const noTfRandom = [
  'rand',
  'randomGamma',
  'randomNormal',
  'randomStandardNormal',
  'randomUniform',
  'randomUniformInt',
  'truncatedNormal',
  'multinomial',
  'dropout',
].map((property) => ({ object: 'tf', property, message: 'A recorded step would repeat its numbers for ever; take them from `random` of the forward pass.' }));
const noNode = ['process', 'Buffer', '__dirname', 'require'].map((name) => ({ name, message: 'This folder has no Node.' }));

export default ts.config(
  { ignores: ['dist/', 'node_modules/', 'sample-project/', 'coverage/', 'test/golden/', 'test/fixtures/'] },
  js.configs.recommended,
  ...ts.configs.recommended,
  ...svelte.configs['flat/recommended'],
  {
    rules: {
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-console': ['error', { allow: ['error'] }],
      'no-undef': 'off',
      'prefer-const': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'separate-type-imports', disallowTypeAnnotations: false }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrors: 'none' }],
    },
  },
  { files: ['src-shared/**', 'models/**', 'datasets/**'], rules: { 'no-restricted-globals': ['error', ...noDom, ...noNode] } },
  { files: ['models/**'], rules: { 'no-restricted-properties': ['error', ...noTfRandom] } },
  { files: ['src-main/**'], ignores: ['src-main/shell/**'], rules: { 'no-restricted-globals': ['error', ...noDom] } },
  { files: ['src-renderer/**'], rules: { 'no-restricted-globals': ['error', ...noNode] } },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: { parserOptions: { parser: ts.parser, extraFileExtensions: ['.svelte'], svelteConfig }, globals: globals.browser },
  },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    rules: {
      'prefer-const': 'off',
      'svelte/prefer-const': 'error',
      // Bulk data stays outside reactivity on purpose (plain Maps with a version counter).
      'svelte/prefer-svelte-reactivity': 'off',
      'svelte/no-navigation-without-resolve': 'off',
      // svelte-check knows better which ignores are needed: it runs the compiler with all its warnings.
      'svelte/no-unused-svelte-ignore': 'off',
    },
  },
  {
    files: ['scripts/**', '*.js', '*.cjs', 'src-main/cli/**', 'test/**'],
    languageOptions: { globals: globals.node },
    rules: { 'no-console': 'off', '@typescript-eslint/no-require-imports': 'off' },
  },
);
