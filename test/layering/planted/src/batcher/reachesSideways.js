Object.defineProperty(exports, '__esModule', { value: true });
exports.planted = void 0;
// Planted: a service that imports another service. The layering check must catch it.
const sequencerThing_1 = require('../sequencer/sequencerThing');
exports.planted = sequencerThing_1.sequencerThing;
