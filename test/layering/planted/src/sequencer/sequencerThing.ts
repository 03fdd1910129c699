export const sequencerThing = 'sequencer';
