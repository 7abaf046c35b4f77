import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  createReadStream,
  createWriteStream,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';

/** The keys of an image's configuration that say how it is run: OCI image specification, config.md, "config". */
export type RunSettings = Readonly<Record<string, unknown>>;

export type ImageOptions = {
  /** The folder with the files of the image. */
  readonly root: string;
  readonly run: RunSettings;
  /** `amd64`, `arm64` */
  readonly architecture: string;
  readonly name: string;
  readonly version: string;
  /** Seconds since 1970; no file of the image is newer. */
  readonly epoch: number;
  /** The path of the archive. */
  readonly to: string;
  /** 1 to 9; 6 by default */
  readonly level?: number;
};

const TYPE = 'application/vnd.oci.image';

/**
 * Writes an image of one layer as an archive of an OCI layout (OCI image specification 1.1, image-layout.md), which
 * podman, skopeo and Docker 25 load. Older Dockers find the `manifest.json` of their own format in it.
 */
export async function writeImage(options: ImageOptions): Promise<void> {
  const { root, run, architecture, name, version, epoch, to, level = 6 } = options;
  const layout = mkdtempSync(join(tmpdir(), 'cordwood-image-'));
  try {
    const blobs = join(layout, 'blobs/sha256');
    mkdirSync(blobs, { recursive: true });
    const layer = join(layout, 'layer');
    tar(layer, root, epoch, ['--numeric-owner', '--one-file-system', '--clamp-mtime']);
    const packed = join(layout, 'layer.gz');
    await pipeline(createReadStream(layer), createGzip({ level }), createWriteStream(packed));
    const created = new Date(epoch * 1000).toISOString();
    const diff = await digestOf(layer);
    const content = await digestOf(packed);
    renameSync(packed, join(blobs, content.hex));
    rmSync(layer);

    /** Writes a blob. @returns what refers to it: descriptor.md */
    const put = (mediaType: string, value: unknown) => {
      const text = JSON.stringify(value);
      const hex = createHash('sha256').update(text).digest('hex');
      writeFileSync(join(blobs, hex), text);
      return { mediaType, digest: `sha256:${hex}`, size: Buffer.byteLength(text) };
    };
    const config = put(`${TYPE}.config.v1+json`, {
      created,
      architecture,
      os: 'linux',
      config: run,
      rootfs: { type: 'layers', diff_ids: [`sha256:${diff.hex}`] },
      history: [{ created, created_by: 'npm run image' }],
    });
    const layers = [{ mediaType: `${TYPE}.layer.v1.tar+gzip`, digest: `sha256:${content.hex}`, size: content.size }];
    const manifest = put(`${TYPE}.manifest.v1+json`, {
      schemaVersion: 2,
      mediaType: `${TYPE}.manifest.v1+json`,
      config,
      layers,
    });
    const annotations = { 'org.opencontainers.image.ref.name': version };
    const index = { schemaVersion: 2, mediaType: `${TYPE}.index.v1+json`, manifests: [{ ...manifest, annotations }] };
    writeFileSync(join(layout, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
    writeFileSync(join(layout, 'index.json'), JSON.stringify(index));
    const path = (digest: string) => `blobs/sha256/${digest.slice('sha256:'.length)}`;
    const docker = { Config: path(config.digest), RepoTags: [`${name}:${version}`], Layers: [path(layers[0]!.digest)] };
    writeFileSync(join(layout, 'manifest.json'), JSON.stringify([docker]));
    tar(to, layout, epoch, ['--owner=0', '--group=0', '--mode=u=rwX,go=rX']);
  } finally {
    rmSync(layout, { recursive: true, force: true });
  }
}

/** An archive of a folder that depends on nothing but its files. */
function tar(to: string, folder: string, epoch: number, options: readonly string[]): void {
  const same = ['--sort=name', `--mtime=@${epoch}`, '--format=posix'];
  // GNU tar writes times of access and change, and its process id, unless it is asked not to.
  const headers = '--pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime';
  execFileSync('tar', ['-cf', to, ...same, headers, ...options, '-C', folder, '.'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

async function digestOf(path: string): Promise<{ readonly hex: string; readonly size: number }> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of createReadStream(path)) {
    hash.update(chunk);
    size += chunk.length;
  }
  return { hex: hash.digest('hex'), size };
}
