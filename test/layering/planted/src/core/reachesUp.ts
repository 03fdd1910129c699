// Planted: the foundation importing the composition root. The layering check must catch it.
import { nodeThing } from '../node/nodeThing';

export const planted = nodeThing;
