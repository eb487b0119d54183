/** DynamoDB's condition expressions, evaluated for real: a lost race in the lab is lost as it is on AWS. */

/** An attribute value in wire form, such as `{ S: 'x' }` or `{ N: '1' }`. */
export type AttributeValue = Readonly<Record<string, unknown>>;
export type Item = Readonly<Record<string, AttributeValue>>;

export interface Placeholders {
  readonly names?: Readonly<Record<string, string>>;
  readonly values?: Readonly<Record<string, AttributeValue>>;
}

const TOKEN = /\s*(<>|<=|>=|[=<>(),]|[#:]?[A-Za-z_][\w.#[\]-]*)/y;

/** @throws Error when the expression is outside the grammar, as DynamoDB answers with a ValidationException. */
export function holds(expression: string, item: Item | undefined, placeholders: Placeholders): boolean {
  return new Parser(tokens(expression), item ?? {}, placeholders).whole();
}

function tokens(expression: string): string[] {
  const found: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < expression.trimEnd().length) {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(expression);
    if (!match?.[1]) throw new Error(`Invalid ConditionExpression: Syntax error near "${expression.slice(at, at + 20)}"`);
    found.push(match[1]);
  }
  return found;
}

class Parser {
  private at = 0;

  public constructor(
    private readonly tokens: readonly string[],
    private readonly item: Item,
    private readonly placeholders: Placeholders,
  ) {}

  public whole(): boolean {
    const value = this.or();
    if (this.at < this.tokens.length) throw new Error(`Invalid ConditionExpression: Syntax error near "${this.tokens[this.at]}"`);
    return value;
  }

  // Both sides are always parsed: an operator that short-circuits would leave tokens behind.
  private or(): boolean {
    let value = this.and();
    while (this.word('OR')) value = [this.and(), value].some(Boolean);
    return value;
  }

  private and(): boolean {
    let value = this.not();
    while (this.word('AND')) value = [this.not(), value].every(Boolean);
    return value;
  }

  private not(): boolean {
    if (this.word('NOT')) return !this.not();
    if (this.peek() === '(') {
      this.expect('(');
      const value = this.or();
      this.expect(')');
      return value;
    }
    return this.test();
  }

  private test(): boolean {
    if (this.tokens[this.at + 1] === '(' && this.peek().toLowerCase() !== 'size') return this.call(this.next());
    const left = this.operand();
    if (this.word('BETWEEN')) {
      const low = this.operand();
      if (!this.word('AND')) throw new Error('Invalid ConditionExpression: BETWEEN needs AND');
      return compare(left, '>=', low) && compare(left, '<=', this.operand());
    }
    if (this.word('IN')) return this.list().some((value) => compare(left, '=', value));
    return compare(left, this.next(), this.operand());
  }

  private call(name: string): boolean {
    const [first, second] = this.list();
    switch (name) {
      case 'attribute_exists':
        return first !== undefined;
      case 'attribute_not_exists':
        return first === undefined;
      case 'begins_with':
        return typeof first?.S === 'string' && first.S.startsWith(String(second?.S));
      case 'contains':
        return contains(first, second);
      default:
        throw new Error(`Invalid ConditionExpression: Invalid function name; function: ${name}`);
    }
  }

  private list(): (AttributeValue | undefined)[] {
    this.expect('(');
    const values = [this.operand()];
    while (this.peek() === ',') {
      this.expect(',');
      values.push(this.operand());
    }
    this.expect(')');
    return values;
  }

  private operand(): AttributeValue | undefined {
    const token = this.next();
    if (token.startsWith(':')) {
      const value = this.placeholders.values?.[token];
      if (!value)
        throw new Error(
          `Invalid ConditionExpression: An expression attribute value used in expression is not defined; attribute value: ${token}`,
        );
      return value;
    }
    return this.attribute(token);
  }

  private attribute(path: string): AttributeValue | undefined {
    const [first = '', ...rest] = path.split('.').map((part) => this.nameOf(part));
    return rest.reduce<AttributeValue | undefined>((value, part) => (value?.M as Item | undefined)?.[part], this.item[first]);
  }

  private nameOf(part: string): string {
    if (!part.startsWith('#')) return part;
    const name = this.placeholders.names?.[part];
    if (!name)
      throw new Error(
        `Invalid ConditionExpression: An expression attribute name used in the document path is not defined; attribute name: ${part}`,
      );
    return name;
  }

  private peek(): string {
    return this.tokens[this.at] ?? '';
  }

  private next(): string {
    const token = this.tokens[this.at++];
    if (token === undefined) throw new Error('Invalid ConditionExpression: unexpected end of expression');
    return token;
  }

  private word(word: string): boolean {
    if (this.peek().toUpperCase() !== word) return false;
    this.at++;
    return true;
  }

  private expect(token: string): void {
    const found = this.next();
    if (found !== token) throw new Error(`Invalid ConditionExpression: expected "${token}", found "${found}"`);
  }
}

const contains = (whole?: AttributeValue, part?: AttributeValue) =>
  typeof whole?.S === 'string'
    ? whole.S.includes(String(part?.S))
    : Array.isArray(whole?.SS) && typeof part?.S === 'string' && whole.SS.includes(part.S);

/** A comparison with an absent attribute, or between types, is false; only `<>` is then true. */
function compare(left: AttributeValue | undefined, operator: string, right: AttributeValue | undefined): boolean {
  const type = Object.keys(left ?? {})[0];
  const comparable = left !== undefined && right !== undefined && type !== undefined && type in right;
  if (operator === '<>') return !(comparable && order(type, left, right) === 0);
  if (!comparable) return false;
  const sign = order(type, left, right);
  switch (operator) {
    case '=':
      return sign === 0;
    case '<':
      return sign < 0;
    case '<=':
      return sign <= 0;
    case '>':
      return sign > 0;
    case '>=':
      return sign >= 0;
    default:
      throw new Error(`Invalid ConditionExpression: Syntax error near "${operator}"`);
  }
}

function order(type: string, left: AttributeValue, right: AttributeValue): number {
  if (type === 'N') return Number(left.N) - Number(right.N);
  const [a, b] = [left, right].map((value) => (type === 'S' ? String(value.S) : JSON.stringify(value)));
  return (a ?? '') < (b ?? '') ? -1 : (a ?? '') > (b ?? '') ? 1 : 0;
}
