/**
 * Part of `npm run build`: the programs that a person waits for, each with all that it loads in a few files. Node 20 takes
 * longer to find and read the hundreds of modules of SSH, MySQL and Temporal's client than a look at three nodes takes.
 */
import { readFile } from 'node:fs/promises';
import { relative } from 'node:path';
import { build, type Plugin } from 'esbuild';

/** They and the chunks that they share stand one folder deep in dist/: what stands beside a module is found from there. */
const programs = ['client/main', 'worker/diagnose', 'worker/doctor', 'worker/guards', 'worker/new-cluster'];

/** Native code, and what finds files of its own beside its code. */
const apart = [
  ...['@temporalio/worker', '@temporalio/core-bridge', '@temporalio/testing', '*.node'],
  ...['ssh2', '@grpc/grpc-js', 'ink'],
];
/** What takes the place of __dirname, so that a package that asks for it ends the build here, and no command there. */
const nowhere = 'besideCodeThatWasMoved';

export async function inFewFiles(dist: string): Promise<void> {
  const { metafile } = await build({
    entryPoints: programs.map((name) => `${dist}/${name}.js`),
    outdir: dist,
    outbase: dist,
    allowOverwrite: true,
    bundle: true,
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    format: 'esm',
    platform: 'node',
    target: 'node20',
    external: apart,
    // Packages in the older format call require() for what Node brings.
    banner: {
      js: "import { createRequire as ownRequire } from 'node:module'; const require = ownRequire(import.meta.url);",
    },
    plugins: [ownPlaces(dist)],
    define: { __dirname: nowhere, __filename: nowhere },
    metafile: true,
    logLevel: 'warning',
  });
  for (const file of Object.keys(metafile.outputs))
    if ((await readFile(file, 'utf8')).includes(nowhere))
      throw new Error(`${file} holds a package that asks for __dirname: it is to be left apart (worker/few-files.ts).`);
}

/** import.meta.url of our modules goes on naming where they stand in dist/, whichever file they end up in. */
const ownPlaces = (dist: string): Plugin => ({
  name: 'own places',
  setup: ({ onLoad }) => {
    onLoad({ filter: /\.js$/ }, async ({ path }) => {
      const place = relative(dist, path);
      if (place.startsWith('..')) return undefined;
      const text = await readFile(path, 'utf8');
      return {
        contents: text.replaceAll('import.meta.url', `new URL(${JSON.stringify(`../${place}`)}, import.meta.url).href`),
      };
    });
  },
});
