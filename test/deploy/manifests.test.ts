/** What is deployed is read here as its tools would read it: settings that exist, ports that are listened on, images that do not move, parts that find each other. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Type } from 'typebox';
import { Value } from 'typebox/value';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { environmentName, settingsSchema } from '../../src/config-settings.ts';
import { bidIdFrom } from '../../src/core/ids.ts';
import { seededRandom } from '../../src/core/random.ts';
import { bidFacts, NOW_MS, tokenOf } from '../learning/bid-facts.ts';

const DEPLOY = join(import.meta.dirname, '../../deploy');
// biome-ignore lint/suspicious/noExplicitAny: looked at as a tool would, by path
type Tree = any;

const settings = new Map<string, { readonly writeOnly?: boolean; readonly default?: unknown }>(
  Object.entries(settingsSchema.properties).flatMap(([key, schema]) => [
    [environmentName(key), schema as object],
    ...('writeOnly' in schema ? [[`${environmentName(key)}_FILE`, schema] as [string, object]] : []),
  ]),
);
const isPinned = (image: string): boolean => /:v?\d+\.\d+[\w.-]*$|:local$|@sha256:[0-9a-f]{64}$/.test(image);

function checkEnvironment(environment: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(environment)) {
    const schema = settings.get(name);
    expect(schema, `${name} is a setting`).toBeDefined();
    const isNumber = typeof schema?.default === 'number';
    const given = isNumber ? Number(value) : value;
    if (typeof value === 'string' && !value.includes('${') && !name.endsWith('_FILE'))
      expect(Value.Check(schema as never, given), `${name}=${value}`).toBe(true);
  }
}

describe('deploy/compose.yaml', () => {
  const file: Tree = parse(readFileSync(join(DEPLOY, 'compose.yaml'), 'utf8'), { merge: true });
  const services: [string, Tree][] = Object.entries(file.services);

  it('names settings that exist, with values that they take', () => {
    const bidders = services.filter(([name]) => name.startsWith('bidder'));
    expect(bidders).toHaveLength(2);
    for (const [name, { environment }] of bidders) {
      checkEnvironment(environment);
      expect(environment.BIDWRIGHT_NODE_ID).toBe(name);
    }
  });

  it('pins every image, and mounts, joins and waits for what there is', () => {
    for (const [name, service] of services) {
      expect(isPinned(service.image), `${name}: ${service.image}`).toBe(true);
      for (const network of service.networks) expect(Object.keys(file.networks)).toContain(network);
      for (const secret of service.secrets ?? []) expect(Object.keys(file.secrets)).toContain(secret);
      for (const { source } of service.configs ?? []) expect(Object.keys(file.configs)).toContain(source);
      const waits = Array.isArray(service.depends_on)
        ? service.depends_on
        : Object.keys(service.depends_on ?? {});
      for (const other of waits) expect(Object.keys(file.services)).toContain(other);
      for (const volume of service.volumes ?? []) {
        const [from] = volume.split(':');
        if (!from.startsWith('.')) expect(Object.keys(file.volumes)).toContain(from);
      }
    }
  });

  it('leads to the ports that bidders listen on, and scrapes their private ones', () => {
    const { environment } = file.services['bidder-1'];
    const balancer: string = file.configs.balancer.content;
    const servers = [...balancer.matchAll(/^\s*server (\S+) (\S+):(\d+)/gm)];
    expect(servers.map(([, name]) => name)).toEqual(['bidder-1', 'bidder-2', 'bidder-1', 'bidder-2']);
    for (const [, name, host, port] of servers)
      expect([host, port]).toEqual([name, environment.BIDWRIGHT_PUBLIC_PORT]);
    const [{ static_configs, authorization }] = parse(file.configs.prometheus.content).scrape_configs;
    expect(static_configs[0].targets).toEqual(
      ['bidder-1', 'bidder-2'].map((name) => `${name}:${environment.BIDWRIGHT_PRIVATE_PORT}`),
    );
    expect(authorization.credentials_file).toBe(environment.BIDWRIGHT_ADMIN_TOKEN_FILE);
  });

  it('finds the bid in a token and in a click id at the bytes that the balancer looks at', () => {
    const bidId = bidIdFrom(seededRandom('balancer'), NOW_MS);
    const facts = bidFacts({ bidId });
    for (const kind of ['win', 'billing', 'loss', 'impression', 'click'] as const)
      expect(Buffer.from(tokenOf(kind, facts), 'base64url').subarray(2, 14)).toEqual(
        Buffer.from(bidId, 'base64url'),
      );
    expect(file.configs.balancer.content).toContain('url_param(t),ub64dec,bytes(2,12)');
  });
});

const named = Type.Object({ name: Type.String({ pattern: '^[a-z0-9][a-z0-9-]*$' }) });
const object = Type.Object({ apiVersion: Type.String(), kind: Type.String(), metadata: named });
/** As much of the API of Kubernetes 1.29 as these files use; what is misspelled is no key of it. */
const closed = (required: object, optional: object = {}) =>
  Type.Object(
    {
      ...required,
      ...Object.fromEntries(Object.entries(optional).map(([key, schema]) => [key, Type.Optional(schema)])),
    } as never,
    { additionalProperties: false },
  );
const anything = Type.Unknown();
const container = closed(
  { name: Type.String(), image: Type.String(), ports: Type.Array(anything) },
  Object.fromEntries(
    [
      'command',
      'args',
      'env',
      'envFrom',
      'startupProbe',
      'readinessProbe',
      'livenessProbe',
      'resources',
      'securityContext',
      'volumeMounts',
    ].map((key) => [key, anything]),
  ),
);
const podSpec = closed(
  { containers: Type.Array(container) },
  Object.fromEntries(
    [
      'terminationGracePeriodSeconds',
      'automountServiceAccountToken',
      'securityContext',
      'topologySpreadConstraints',
      'volumes',
    ].map((key) => [key, anything]),
  ),
);
const statefulSet = closed(
  {
    serviceName: Type.String(),
    replicas: Type.Integer(),
    selector: anything,
    template: closed({ metadata: anything, spec: podSpec }),
    volumeClaimTemplates: Type.Array(anything),
  },
  { podManagementPolicy: anything },
);

describe('deploy/kubernetes', () => {
  const objects: Tree[] = readdirSync(join(DEPLOY, 'kubernetes')).flatMap((file) =>
    parseAllDocuments(readFileSync(join(DEPLOY, 'kubernetes', file), 'utf8')).map((document) => {
      expect(document.errors, file).toEqual([]);
      return document.toJS();
    }),
  );
  const ofKind = (kind: string): Tree[] => objects.filter((each) => each.kind === kind);

  it('is objects of kinds that there are', () => {
    const versions: Readonly<Record<string, string>> = {
      ConfigMap: 'v1',
      Service: 'v1',
      StatefulSet: 'apps/v1',
      PodDisruptionBudget: 'policy/v1',
      NetworkPolicy: 'networking.k8s.io/v1',
    };
    for (const each of objects) {
      expect(Value.Check(object, each)).toBe(true);
      expect(each.apiVersion, each.kind).toBe(versions[each.kind]);
    }
    for (const { spec, metadata } of ofKind('StatefulSet'))
      expect([...Value.Errors(statefulSet, spec)], metadata.name).toEqual([]);
  });

  it('names settings that exist, and the ports and files that they say', () => {
    const [{ data }] = ofKind('ConfigMap');
    checkEnvironment(data);
    const [bidder] = ofKind('StatefulSet').find(({ metadata }) => metadata.name === 'bidwright').spec.template
      .spec.containers;
    for (const { name } of bidder.env) expect(settings.has(name), name).toBe(true);
    expect(bidder.ports).toEqual([
      { name: 'public', containerPort: Number(data.BIDWRIGHT_PUBLIC_PORT) },
      { name: 'private', containerPort: Number(data.BIDWRIGHT_PRIVATE_PORT) },
    ]);
    const mounts: string[] = bidder.volumeMounts.map(({ mountPath }: Tree) => mountPath);
    expect(mounts).toContain(data.BIDWRIGHT_DATA_DIR);
    for (const name of ['SIGNING_SECRET_FILE', 'ADMIN_TOKEN_FILE'])
      expect(mounts.some((path) => data[`BIDWRIGHT_${name}`].startsWith(`${path}/`))).toBe(true);
    expect(mounts).toContain(bidder.args.at(-1));
  });

  it('finds its parts by label, name and port', () => {
    const sets = ofKind('StatefulSet');
    for (const { spec } of sets) {
      const { template, selector, volumeClaimTemplates } = spec;
      expect(template.metadata.labels).toMatchObject(selector.matchLabels);
      const services = ofKind('Service').filter(({ metadata }) => metadata.name === spec.serviceName);
      expect(services).toHaveLength(1);
      expect(services[0].spec.clusterIP).toBe('None');
      const volumes = [
        ...(template.spec.volumes ?? []).map(({ name }: Tree) => name),
        ...volumeClaimTemplates.map(({ metadata }: Tree) => metadata.name),
      ];
      for (const { name, image, ports, volumeMounts, ...rest } of template.spec.containers) {
        expect(isPinned(image), name).toBe(true);
        for (const mount of volumeMounts) expect(volumes).toContain(mount.name);
        const known = ports.map((port: Tree) => port.name);
        for (const probe of [rest.startupProbe, rest.readinessProbe, rest.livenessProbe])
          if (probe?.httpGet) {
            expect(known).toContain(probe.httpGet.port);
            expect(['/healthz', '/readyz']).toContain(probe.httpGet.path);
          }
      }
    }
    const ports = sets.flatMap(({ spec }) =>
      spec.template.spec.containers.flatMap((each: Tree) => each.ports.map((port: Tree) => port.name)),
    );
    for (const { spec } of ofKind('Service')) {
      expect(sets.some((set) => set.spec.template.metadata.labels.app === spec.selector.app)).toBe(true);
      for (const { targetPort } of spec.ports) expect(ports).toContain(targetPort);
    }
  });
});
