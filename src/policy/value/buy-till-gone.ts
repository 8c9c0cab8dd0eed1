/** Expected value: how often customers will buy times how much they spend at a time, and whether they still do. */
import type { PurchaseForm } from './bg-nbd.ts';
import { chanceAlive, chanceOfPurchase, expectedPurchases, fitPurchases } from './bg-nbd.ts';
import type { ValueModel } from './customer.ts';
import { expectedPurchaseMicros, fitSpend } from './gamma-gamma.ts';

export const bgNbd: ValueModel = buyTillGone('bg_nbd', 'plain');
export const mbgNbd: ValueModel = buyTillGone('mbg_nbd', 'modified');

/** Frequency and size of purchases are taken to be independent, as both papers do. */
function buyTillGone(name: string, form: PurchaseForm): ValueModel {
  return {
    name,
    *fit(customers) {
      const purchase = yield* fitPurchases(customers, form);
      const spend = yield* fitSpend(customers);
      return {
        expectedPurchases: (customer, days) => expectedPurchases(customer, days, purchase, form),
        expectedSpendMicros: (customer, days) =>
          expectedPurchases(customer, days, purchase, form) * expectedPurchaseMicros(customer, spend),
        chanceOfPurchase: (customer, days) => chanceOfPurchase(customer, days, purchase, form),
        chanceAlive: (customer) => chanceAlive(customer, purchase, form),
        parameters: { ...purchase, ...spend },
      };
    },
  };
}
