import { expose } from 'comlink';
import empty from './empty.mjs';

expose(empty);
