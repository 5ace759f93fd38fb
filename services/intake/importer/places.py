"""Which community 社区 a sheet or a row belongs to, as offices write it."""

import re

from services.intake.importer.values import folded, squeezed

_OFFICE = re.compile(r"^.*?(?:街道办事处|街道办|办事处|街道|镇|乡)(?=.)")
_BODY = re.compile(
    r"(?:党群服务中心|综治工作站|综治办|工作站|警务室|(?:人民)?调解委员会|调委会|社区居委会|居民委员会|居委会|村民委员会|村委会|党支部|党委|三官一师工作室|工作室)$"
)
_KIND = re.compile(r"(?:社区|村|苑|园|居委会|居民委员会|村委会|村民委员会|小区)$")
_ABOVE = re.compile(r"(?:街道|办事处|街道办|镇|乡|综治办|司法所|信访办|政府|领导小组(?:办公室)?)$")
_LABELLED = re.compile(
    r"(?:(?:填报|上报|报送|填表|填写|编制|制表|登记)(?:单位|社区|部门)|社区(?:名称)?|单位(?:名称)?)(?:\([^)]*\))?\s*:\s*(\S+)"
)
_IN_TITLE = re.compile(r"([\u4e00-\u9fff]{2,12}?(?:社区|村))(?:居委会|居民委员会|村委会)?(?!矫正|戒毒)")
_BEFORE_IN_TITLE = re.compile(
    r"^.*?(?:街道办事处|街道|办事处|镇|乡|[^社小园]区(?=[\u4e00-\u9fff]{2,}(?:社区|村)))|[\d〇○零一二三四五六七八九十]+[年月日季](?:度|份)?"
)
_NO_NAME = re.compile(r"(?:进|入|下|各|本|全|驻|到|在|个|该|与|和|所属|所在)(?:社区|村)$")
_GENERAL_SHEET = re.compile(
    r"sheet|工作表|表\d|\d|[一二三四五六七八九十]+月|月份|台账|登记|汇总|统计|明细|纠纷|矛盾|排查|记录|封面|说明|目录|总表|案件|导入|数据|全部"
)


def community_name(text: str) -> str | None:
    """A community's own name: 东风路街道文博社区居委会（盖章） → 文博社区. None for an office above the communities."""
    plain = re.sub(r"\([^)]*\)|[_\s:;,，。]+", "", folded(text))
    if not plain or _ABOVE.search(plain):
        return None
    plain = _OFFICE.sub("", plain)
    if (stem := _BODY.sub("", plain)) and _KIND.search(stem):
        return stem
    if stem != plain:
        return stem + ("村" if "村" in plain[len(stem) :] else "社区") if stem else None
    return plain if len(plain) <= 30 else None


def community_of_section(text: str) -> str | None:
    """The community that a line between the rows names: 文博社区, 二、文博社区（36件）; None for any other line."""
    plain = re.sub(r"\([^)]*\)|:?共?\d+[件起宗].*$", "", squeezed(text))
    plain = re.sub(r"^(?:\(?[一二三四五六七八九十\d]{1,3}\)?[、.:]|社区:)", "", plain).strip(":")
    if len(plain) > 15 or not re.fullmatch(r"[\u4e00-\u9fff]{2,}(?:社区|村)", plain) or _NO_NAME.search(plain):
        return None
    return community_name(plain)


def community_of_sheet(lines: list[str], title: str, file_name: str = "") -> str | None:
    """The community of a whole sheet: from 填报单位, else from its name, its title lines, or the file's name."""
    for line in lines:
        for found in _LABELLED.finditer(folded(line)):
            name = community_name(found[1]) if ":" not in found[1] else None
            if name and _KIND.search(name):
                return name
    if (name := community_name(title)) and _KIND.search(name) and not _GENERAL_SHEET.search(squeezed(name)):
        return name
    for line in [*lines, title, file_name]:
        for found in _IN_TITLE.finditer(_BEFORE_IN_TITLE.sub("|", squeezed(line))):
            if not _NO_NAME.search(found[1]) and "三官一师" not in line[: found.start()]:
                return community_name(found[1])
    if not _GENERAL_SHEET.search(squeezed(title)):
        return community_name(title)
    return None
