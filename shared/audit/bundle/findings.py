"""What may be wrong with a bundle: by stable code, in English and Chinese."""

from dataclasses import dataclass
from typing import Any, Final

FINDINGS: Final = {
    "container": (
        "the bytes of the zip are not those that were written",
        "压缩包已被改动",
    ),
    "names": (
        "a bundle has no file {file}, or it is there twice",
        "不应有文件 {file}，或有两个",
    ),
    "manifest": (
        "the manifest is not the one that was signed",
        "清单并非所签名的",
    ),
    "manifest_signature": (
        "manifest.sig is not signed by the key that the manifest names: {why}",
        "manifest.sig 没有清单所列公钥的有效签名",
    ),
    "files": (
        "the file {file} is missing, or is not one of the manifest's",
        "文件 {file} 缺失或多余",
    ),
    "file": (
        "{file} is not the file that the manifest names",
        "{file} 与清单不符",
    ),
    "json": (
        "{file} is no JSON in which every key stands once and every number is whole",
        "{file} 不是键不重复、数皆为整数的 JSON",
    ),
    "rotation": (
        "{file} is no rotation of the log's key that follows the one before it: {why}",
        "{file} 不是与前一次换钥衔接的换钥记录",
    ),
    "last_key": (
        "the manifest's public key is not the one that the rotations lead to",
        "清单的公钥不是最后启用的",
    ),
    "other_key": (
        "the bundle is not signed by the log whose key was given",
        "此包不是由所给公钥的日志签名的",
    ),
    "checkpoint": (
        "{file} is not signed by the log's key for its size: {why}",
        "{file} 没有其规模所对应密钥的有效签名",
    ),
    "cosignature": (
        "{file} has a line in the name of {witness} that is not by the key that was given",
        "{file} 上 {witness} 名下的签名并非出自所给的见证公钥",
    ),
    "not_witnessed": (
        "no checkpoint is cosigned by {witness}",
        "没有检查点由 {witness} 见证",
    ),
    "no_checkpoint": (
        "nothing signs the size that the manifest states",
        "缺少末尾的检查点",
    ),
    "event": (
        "event {position} is missing or was altered",
        "第 {position} 号事件缺失或已被改动",
    ),
    "no_event": (
        "event {position} is not an event of this log",
        "第 {position} 号不是本日志的事件",
    ),
    "version": (
        "event {position}: the versions of its stream do not count up",
        "第 {position} 号事件的事件流版本号不连续",
    ),
    "more_events": (
        "there are more events than the manifest says",
        "事件多于清单所述",
    ),
    "root": (
        "{file} signs other first {size} events",
        "{file} 所签的前 {size} 个事件并非这些",
    ),
    "hashes": (
        "the manifest's hashes of the rest of the tree are not as many as it takes",
        "清单中其余部分的哈希数目不符",
    ),
    "shorter": (
        "{size} events were signed ({file}), the bundle's newest checkpoint covers fewer",
        "已签名 {size} 个事件（{file}），此包最新的检查点却不到这么多",
    ),
    "no_proof": (
        "the bundle has no proof that it goes on from the first {size} events ({file}): ask for one with it",
        "此包没有接续前 {size} 个事件（{file}）的证明：请索取带有该检查点的包",
    ),
    "proof": (
        "the bundle's proof does not show that it goes on from the first {size} events ({file})",
        "此包不能证明它接续前 {size} 个事件（{file}）",
    ),
    "ledger": (
        "{file} has not the rows or the position that the manifest states",
        "{file} 的行数或位置与清单不符",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class BadBundle:
    """The first thing that is wrong."""

    code: str
    position: int | None
    """Of the event, where it is one."""
    file: str | None
    reason: str
    reason_zh: str

    def as_json(self) -> dict[str, Any]:
        return {
            "position": self.position, "file": self.file, "reason": self.reason, "reason_zh": self.reason_zh,
            "code": self.code,
        }  # fmt: skip


class Finding(Exception):
    """Ends a verification at the first thing that is wrong."""

    def __init__(self, code: str, *, position: int | None = None, file: str | None = None, **words: object) -> None:
        english, chinese = (said.format(position=position, file=file, **words) for said in FINDINGS[code])
        self.bad = BadBundle(code, position, file, english, chinese)
        super().__init__(english)
