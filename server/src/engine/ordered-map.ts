import sortedBTree from 'sorted-btree';

/** A map in the order of its keys. */
export const OrderedMap = sortedBTree.default;
