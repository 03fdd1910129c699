Object.defineProperty(exports, '__esModule', { value: true });
exports.sequencerThing = void 0;
exports.sequencerThing = 'sequencer';
