"""What the metrics service reads: the topics that its indicators are counted from, and its consumer group."""

from dataclasses import replace

from services.metrics import readings
from shared.contracts import cases, claims, incidents, notices, parcels, topics, work_orders
from shared.contracts.topics import Topic

GROUP = "metrics"
SOURCES: tuple[Topic, ...] = (
    replace(topics.CASES, types={cases.CASE_CHANGED: readings.CaseChangedReading}),
    replace(
        topics.INCIDENTS,
        types={
            incidents.INCIDENT_CHANGED: readings.IncidentChangedReading,
            incidents.INCIDENT_PARCEL: readings.IncidentParcelReading,
        },
    ),
    replace(topics.WORK_ORDERS, types={work_orders.WORK_ORDER_CHANGED: readings.WorkOrderChangedReading}),
    replace(topics.CLAIMS, types={claims.CLAIM_CHANGED: readings.ClaimChangedReading}),
    replace(
        topics.NOTICES,
        types={
            notices.NOTICE_SENT: readings.NoticeSentReading,
            notices.NOTICE_FAILED: readings.NoticeFailedReading,
        },
    ),
    replace(
        topics.PARCEL_EXCEPTIONS,
        types={
            parcels.EXCEPTION_RAISED: readings.ExceptionRaisedReading,
            parcels.EXCEPTION_CLEARED: readings.ExceptionClearedReading,
        },
    ),
)
"""Each topic with our readings in place of the whole contracts; other types of a topic pass unread."""
