/** Bundles the window's two small files. The target is old on purpose: the smoke test also runs them on an early Electron. */
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

export default defineConfig({
  build: {
    outDir: fileURLToPath(new URL('dist/shell', import.meta.url)),
    emptyOutDir: true,
    target: 'es2019',
    minify: false,
    lib: {
      entry: {
        main: fileURLToPath(new URL('src-main/shell/main.ts', import.meta.url)),
        preload: fileURLToPath(new URL('src-main/shell/preload.ts', import.meta.url)),
      },
      formats: ['cjs'],
      fileName: (_format, name) => `${name}.cjs`,
    },
    rollupOptions: { external: ['electron', /^(node:)?(child_process|fs|path|url|events|readline)$/] },
  },
});
