Object.defineProperty(exports, '__esModule', { value: true });
exports.planted = void 0;
// Planted: the foundation importing the composition root. The layering check must catch it.
const nodeThing_1 = require('../node/nodeThing');
exports.planted = nodeThing_1.nodeThing;
