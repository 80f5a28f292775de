/**
 * SHA-256 of release files, by file name or path, as their projects publish them. What is not here (the Kubernetes
 * servers) is checked against the checksum file beside the download.
 */
export const CHECKSUMS: Readonly<Record<string, string>> = {
  'temporal_cli_1.9.1_linux_amd64.tar.gz': '09a0326a51db84d02735e53542b9ebd8c4758daf47482a9ab0abce15844e60d5',
  'temporal_cli_1.9.1_linux_arm64.tar.gz': '6c57c352d52fc3df34412376fd9ba6f74b7e3ace8e426e6cba8600156d36a145',
  'temporal_cli_1.9.1_darwin_amd64.tar.gz':
    '48cdd6c84c56e27ae8e4d9a47052b89289a9c552dee029b49dd312c6fb72873f',
  'temporal_cli_1.9.1_darwin_arm64.tar.gz':
    '41e0425378fcb4fb5766340b97435e20fe47bbff2d7bf644ec2d51f7662b7c56',
  'etcd-v3.6.8-linux-amd64.tar.gz': 'cf9cfe91a4856cb90eed9c99e6aee4b708db2c7888b88a6f116281f04b0ea693',
  'etcd-v3.6.8-linux-arm64.tar.gz': '438f56a700d17ce761510a3e63e6fa5c1d587b2dd4d7a22c179c09a649366760',
  'v1.36.3/bin/linux/amd64/kubectl': 'ebbd080e7c2e275093b55915722043257eb24004363e20acb3c4d71919f88336',
  'v1.36.3/bin/linux/arm64/kubectl': '3d86f24401c41ae5a46ac50eef8865fe891d3647d324a0836f6c63757a126e62',
  'v2.40.3/docker-compose-linux-x86_64': 'dba9d98e1ba5bfe11d88c99b9bd32fc4a0624a30fafe68eea34d61a3e42fd372',
  'v2.40.3/docker-compose-linux-aarch64': 'd26373b19e89160546d15407516cc59f453030d9bc5b43ba7faf16f7b4980137',
};
