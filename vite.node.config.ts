import { defineConfig } from 'vite';

/** Builds what runs in Node: the command line with the relay, and in mode `bench` the benchmarks. */
export default defineConfig(({ mode }) => {
  const bench = mode === 'bench';
  return {
    publicDir: false,
    build: {
      ssr: true,
      target: 'node20',
      outDir: bench ? 'dist-bench' : 'dist-node',
      emptyOutDir: true,
      rollupOptions: {
        input: (bench
          ? { bench: 'test/bench/bench.ts', 'relay-load': 'test/bench/relay-load.ts' }
          : { 'bin/lwm2m-scope': 'src/bin/lwm2m-scope.ts' }) as Record<string, string>,
        output: { entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
      },
    },
  };
});
