import fc from 'fast-check';

// One seed for every run, so that a failure comes from the change that shows it. `FC_SEED` chooses another seed, and
// with the word `random` a new one each time.
const seed = process.env.FC_SEED;
if (seed !== 'random') fc.configureGlobal({ seed: seed === undefined ? 7252 : Number(seed) });
