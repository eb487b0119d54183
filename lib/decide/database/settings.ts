/** What a database registration says about fences and applications. Rules, runbooks and adapters read the same shapes. */

export type FenceSettings =
  | {
      readonly kind: 'networkAcl';
      readonly region: string;
      /** Role in the primary's Region or account that may swap; absent: the caller's own. */
      readonly roleArn?: string;
      /** Subnets of the old writer. Ids of associations would not do: each swap makes new ones. */
      readonly subnets: readonly string[];
      /** ACL that lets nothing through, made beforehand. */
      readonly denyAcl: string;
      /** ACL that the subnets have in peace, and get back. */
      readonly openAcl: string;
    }
  | { readonly kind: 'stopInstance'; readonly region: string; readonly id: string }
  | { readonly kind: 'function'; readonly name: string };

export type RefreshSettings =
  | { readonly kind: 'ecsService'; readonly cluster: string; readonly service: string }
  | { readonly kind: 'autoScalingGroup'; readonly name: string }
  | { readonly kind: 'lambdaAlias'; readonly name: string; readonly alias: string }
  | { readonly kind: 'function'; readonly name: string };
