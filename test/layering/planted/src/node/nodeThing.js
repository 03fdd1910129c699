Object.defineProperty(exports, '__esModule', { value: true });
exports.nodeThing = void 0;
exports.nodeThing = 'node';
