import { CfnResource, type IAspect } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { ENV } from '../../contracts/environment';
import { controlNames } from '../../decide/names';
import { permit } from '../internal/permission';
import type { FailoverRegions } from '../regions';
import type { Sender } from './sender';

/**
 * Lets a sender read the journal, if the app has one. An aspect, because the control set with its journal may be made
 * after the alarms are added. Name and ARN are plain text: the sender may run in another Region.
 */
export class JournalReader implements IAspect {
  private permitted = false;

  public constructor(
    private readonly sender: Sender,
    private readonly regions: FailoverRegions,
  ) {}

  public visit(node: IConstruct): void {
    if (node !== this.sender || this.permitted) return;
    const region = this.regions.standbyRegion;
    const { journalTable } = controlNames(this.regions.controlSetName, region);
    if (!this.regions.node.root.node.findAll().some((one) => isTable(one, journalTable))) return;
    // An app may be synthesized more than once.
    this.permitted = true;
    const { function: sender, policy } = this.sender;
    sender.addEnvironment(ENV.journalTable, journalTable);
    sender.addEnvironment(ENV.journalRegion, region);
    permit(policy, {
      sid: 'Journal',
      actions: ['dynamodb:GetItem'],
      resources: [`arn:${policy.stack.partition}:dynamodb:${region}:${policy.stack.account}:table/${journalTable}`],
    });
  }
}

const isTable = (node: IConstruct, name: string) =>
  CfnResource.isCfnResource(node) &&
  ['AWS::DynamoDB::Table', 'AWS::DynamoDB::GlobalTable'].includes(node.cfnResourceType) &&
  (node as CfnResource & { readonly tableName?: string }).tableName === name;
