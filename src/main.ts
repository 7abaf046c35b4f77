import { run } from './cli/index.ts';

/** Runs the command line and passes it the assemblies. Each is imported only when a command uses it. */
process.exitCode = await run(process.argv.slice(2), {
  serve: async (settings, options) => {
    const { Server } = await import('./assembly/server.ts');
    return await new Server(settings, options).run();
  },
  pipeline: async (settings) => {
    const pipeline = await (await import('./pipeline/index.ts')).openPipeline(settings);
    return (batch, outcomes) => pipeline.run(batch, outcomes);
  },
  openLocal: async (settings) => (await import('./assembly/local.ts')).openLocal(settings),
  copy: async (settings, options) => {
    const { copyToMongo } = await import('./transfer/index.ts');
    const { storeOf } = await import('./stores/index.ts');
    return await copyToMongo(settings, options, storeOf);
  },
  convert: async (settings, options) => {
    const { convert } = await import('./transfer/index.ts');
    const { storeOf } = await import('./stores/index.ts');
    return await convert(settings, options, storeOf);
  },
  tryForward: async (settings) => (await import('./forward/index.ts')).tryOut(settings),
  deadLetters: async (settings) => {
    const { openDeadLetters } = await import('./transfer/index.ts');
    const { storeOf } = await import('./stores/index.ts');
    return openDeadLetters(settings, storeOf);
  },
  backUp: async (settings, options) => (await import('./backup/index.ts')).backUp(settings, options),
  restore: async (settings, options) => (await import('./backup/index.ts')).restore(settings, options),
  checkStore: async (settings) => (await import('./stores/index.ts')).checkStore(settings),
});
