"""Who of the house and its partners is told of something: the roles that ladders name, and parties (NO-7, RO-8)."""

from pydantic import Field

from shared.contracts.base import Contract, Word


class StaffRole(Word):
    """A step of a ladder names one of these; notify's directory (staff.yaml) has somebody for each."""

    COURIER = "courier"  # 快递员
    LEAD = "lead"  # 组长
    REGIONAL_SPECIALIST = "regional_specialist"  # 区域专员
    PROVINCIAL_SUPERVISOR = "provincial_supervisor"  # 省级督导
    SUPERVISOR = "supervisor"  # 主管


class PartyKind(Word):
    ROLE = "role"  # 职务
    DEPARTMENT = "department"  # 部门
    PARTNER = "partner"  # 合作方
    GROUP = "group"  # 技能组
    AGENT = "agent"  # 坐席


class Party(Contract):
    """Somebody by what they are; departments, partners, groups and agents are routing's own lists."""

    kind: PartyKind
    name: str = Field(min_length=1, max_length=60)

    def __str__(self) -> str:
        return f"{self.kind.value}/{self.name}"
