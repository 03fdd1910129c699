export const nodeThing = 'node';
