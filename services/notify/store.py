"""The database of notify: one document per case, the progress page's view."""

from collections.abc import Mapping, Sequence
from typing import Any

from pymongo import InsertOne, ReplaceOne
from pymongo.errors import PyMongoError

from services.notify.links import Links
from services.notify.view import View, from_json, to_json
from shared.messaging.handler import Conflict
from shared.mongo import Database, Session


class ViewsUnavailable(Exception):
    """The database does not answer; a page says so and asks to come back."""


class ViewStore:
    """Views by case id, found by their token as well; a write replaces the version that was read, or conflicts."""

    def __init__(self, database: Database, links: Links) -> None:
        self._views = database.collection("views")
        self._links = links

    async def create_indexes(self) -> None:
        await self._views.create_index("token", unique=True)

    async def load(self, case_ids: Sequence[str], session: Session) -> dict[str, View]:
        cursor = self._views.find({"_id": {"$in": list(case_ids)}}, session=session)
        return {document["_id"]: _view(document) async for document in cursor}

    async def save(self, before: Mapping[str, View], changed: Mapping[str, View], session: Session) -> None:
        """One write for each changed view. Raises `Conflict` where somebody else wrote first (a duplicate key
        error is one too)."""
        writes: list[InsertOne[Any] | ReplaceOne[Any]] = []
        for case_id, view in changed.items():
            document = self._document(view)
            if case_id in before:
                writes.append(ReplaceOne({"_id": case_id, "version": before[case_id].version}, document))
            else:
                writes.append(InsertOne(document))
        if not writes:
            return
        result = await self._views.bulk_write(writes, ordered=False, session=session)
        if result.matched_count + result.inserted_count != len(writes):
            raise Conflict("a view was written by another process")

    async def by_token(self, token: str) -> View | None:
        """Raises `ViewsUnavailable`."""
        try:
            document = await self._views.find_one({"token": token})
        except PyMongoError as error:
            raise ViewsUnavailable from error
        return _view(document) if document else None

    async def knows(self, case_id: str) -> bool:
        return await self._views.find_one({"_id": case_id}, {"_id": 1}) is not None

    async def versions(self, case_ids: Sequence[str]) -> dict[str, int]:
        """The present versions of the views that somebody watches."""
        cursor = self._views.find({"_id": {"$in": list(case_ids)}}, {"version": 1})
        return {document["_id"]: document["version"] async for document in cursor}

    async def read(self, case_ids: Sequence[str]) -> dict[str, View]:
        """Views outside any transaction, for pages."""
        cursor = self._views.find({"_id": {"$in": list(case_ids)}})
        return {document["_id"]: _view(document) async for document in cursor}

    def _document(self, view: View) -> dict[str, Any]:
        return {
            "_id": view.case_id,
            "version": view.version,
            "token": self._links.token(view.case_id),
            # As text: nothing inside is ever searched, and the database is the limit of the whole system.
            "view": to_json(view),
        }


def _view(document: Mapping[str, Any]) -> View:
    return from_json(document["view"])
