/** Schema of the answer to every order. */
export const ORDER_SCHEMA = 'cdk-failover.order/1';
